import { Context, Effect, Layer, Schema } from "effect"
import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const root = join(import.meta.dirname, "../../..")
const readmes = ["packages/client/README.md", "packages/domain/README.md"]
const commandMillisMax = 120_000

class CommandFailed extends Schema.TaggedError<CommandFailed>()("CommandFailed", {
  command: Schema.String,
  output: Schema.String
}) {
  override get message(): string {
    return `${this.command} failed:\n${this.output}`
  }
}

const run = (cwd: string, command: string, args: ReadonlyArray<string>, env: Record<string, string> = {}) =>
  Effect.callback<string, CommandFailed>((resume) => {
    const options = { cwd, env: { ...process.env, ...env }, timeout: commandMillisMax }
    const child = execFile(command, args, options, (error, stdout, stderr) =>
      resume(
        error === null
          ? Effect.succeed(stdout)
          : Effect.fail(new CommandFailed({ command: [command, ...args].join(" "), output: stdout + stderr }))
      ))
    return Effect.sync(() => child.kill())
  })

/** Each example of the READMEs, and the name of its file, which is its first line. */
const examples = readmes.flatMap((path) =>
  Array.from(
    readFileSync(join(root, path), "utf8").matchAll(/```js\n\/\/ (\S+)\.js\n(.*?)```/gs),
    ([, name = "", source = ""]) => ({ name, source })
  )
)

const strictest = {
  compilerOptions: {
    module: "nodenext",
    target: "es2022",
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    // What the packages declare is looked at too.
    skipLibCheck: false,
    types: []
  },
  include: ["typed"]
}

/** A project outside the workspace that has the packages from npm's archives, and the READMEs' examples for files. */
export class Consumer extends Context.Service<Consumer, {
  /** Runs an example, after a change if need be, and gives what it prints. */
  readonly run: (
    name: string,
    env: Record<string, string>,
    change?: (source: string) => string
  ) => Effect.Effect<string, CommandFailed>
  /** Checks the types of all examples. */
  readonly check: Effect.Effect<string, CommandFailed>
}>()("@berth/client/test/Consumer") {
  static readonly layer = Layer.effect(
    Consumer,
    Effect.gen(function*() {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "berth-consumer-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
      )
      const packed = join(folder, "packed")
      yield* run(root, process.execPath, ["scripts/pack.ts", packed])
      const write = (path: string, text: string) => writeFileSync(join(folder, path), text)
      write("package.json", JSON.stringify({ private: true, type: "module" }))
      write("tsconfig.json", JSON.stringify(strictest))
      mkdirSync(join(folder, "typed"))
      for (const { name, source } of examples) write(`typed/${name}.ts`, source)
      // Without the registry: the workspace's effect takes the place of the one that npm would fetch.
      const flags = ["--offline", "--legacy-peer-deps", "--no-audit", "--no-fund", "--loglevel=error"]
      yield* run(folder, "npm", ["install", ...flags, ...readdirSync(packed).map((name) => join(packed, name))])
      symlinkSync(join(root, "node_modules/effect"), join(folder, "node_modules/effect"), "junction")

      return Consumer.of({
        run: (name, env, change = (source) => source) =>
          Effect.suspend(() => {
            const file = `${name}-${crypto.randomUUID()}.js`
            const example = examples.find((one) => one.name === name)
            write(file, change(example?.source ?? `throw new Error("no README has ${name}.js")`))
            return run(folder, process.execPath, [file], env)
          }),
        // One checker works out the types of Effect once; its garbage is not worth looking for, as in scripts/check.ts.
        check: run(folder, process.execPath, [
          join(root, "node_modules/typescript/bin/tsc"),
          "--project",
          folder,
          "--checkers",
          "1"
        ], { GOGC: "400" })
      })
    })
  )
}
