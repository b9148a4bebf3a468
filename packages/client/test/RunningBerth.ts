import { Context, Effect, Layer, Redacted, Schema } from "effect"
import { execFile, spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const root = join(import.meta.dirname, "../../..")

const Ready = Schema.fromJsonString(Schema.Struct({
  url: Schema.String,
  tokens: Schema.Struct({ user: Schema.String, admin: Schema.String })
}))

class BerthEnded extends Schema.TaggedError<BerthEnded>()("BerthEnded", {
  code: Schema.NullOr(Schema.Int),
  output: Schema.String
}) {
  override get message(): string {
    return `Berth ended with status ${this.code} before it was ready:\n${this.output}`
  }
}

class TokenRefused extends Schema.TaggedError<TokenRefused>()("TokenRefused", { output: Schema.String }) {
  override get message(): string {
    return `No token was made:\n${this.output}`
  }
}

const environment = { PATH: process.env["PATH"], NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] }

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "berth-client-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const startBerth = (dataDir: string) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, ["main.ts"], {
        cwd: root,
        env: { ...environment, BERTH_DATA_DIR: dataDir, PORT: "0" },
        stdio: ["ignore", "pipe", "pipe"]
      })
    ),
    (berth) =>
      Effect.callback<void>((resume) => {
        if (berth.exitCode !== null || berth.signalCode !== null) return resume(Effect.void)
        berth.once("exit", () => resume(Effect.void))
        berth.kill("SIGTERM")
      })
  )

/** The token of a passenger, made as `npm run token` makes it. */
const tokenOf = (dataDir: string, user: string) =>
  Effect.callback<Redacted.Redacted, TokenRefused>((resume) => {
    execFile(
      process.execPath,
      ["scripts/token.ts", "--user", user, "--role", "passenger"],
      { cwd: root, env: { ...environment, BERTH_DATA_DIR: dataDir } },
      (error, stdout, output) =>
        resume(
          error === null ? Effect.succeed(Redacted.make(stdout.trim())) : Effect.fail(new TokenRefused({ output }))
        )
    )
  })

/** A whole Berth with the sample network in a process of its own, as `npm start` gives it. */
export class RunningBerth extends Context.Service<RunningBerth, {
  readonly url: string
  readonly user: Redacted.Redacted
  readonly admin: Redacted.Redacted
  /** A token of another passenger, whose calls are counted by themselves. */
  readonly tokenOf: (user: string) => Effect.Effect<Redacted.Redacted, TokenRefused>
}>()("@berth/client/test/RunningBerth") {
  static readonly layer = Layer.effect(
    RunningBerth,
    Effect.gen(function*() {
      const dataDir = yield* temporaryFolder
      const file = join(dataDir, "ready.json")
      const berth = yield* startBerth(dataDir)
      yield* Effect.callback<void, BerthEnded>((resume) => {
        let output = ""
        const hear = (chunk: Buffer) => {
          output += chunk
          if (existsSync(file)) resume(Effect.void)
        }
        berth.stdout.on("data", hear)
        berth.stderr.on("data", hear)
        berth.once("exit", (code) => resume(Effect.fail(new BerthEnded({ code, output }))))
      })
      const { url, tokens } = yield* Schema.decodeEffect(Ready)(readFileSync(file, "utf8"))
      return RunningBerth.of({
        url,
        user: Redacted.make(tokens.user),
        admin: Redacted.make(tokens.admin),
        tokenOf: (user) => tokenOf(dataDir, user)
      })
    })
  )
}
