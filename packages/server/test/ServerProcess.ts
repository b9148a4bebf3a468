import { Effect, Redacted, Schema } from "effect"
import { spawn } from "node:child_process"
import { join } from "node:path"
import { commandOf, type RuntimeName } from "./Runtimes.ts"
import { TestStores } from "./TestServer.ts"

const root = join(import.meta.dirname, "../../..")

class ServerEnded extends Schema.TaggedError<ServerEnded>()("ServerEnded", {
  code: Schema.NullOr(Schema.Int),
  output: Schema.String
}) {
  override get message(): string {
    return `The server ended with status ${this.code} before it served:\n${this.output}`
  }
}

/** How a process ended. */
export interface Ended {
  readonly code: number | null
  readonly output: string
}

/** A server in a process of its own, killed at the end if it still runs. */
export const spawnProcess = Effect.fnUntraced(function*(
  program: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>
) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(program, args, {
        cwd: root,
        env: {
          PATH: process.env["PATH"],
          NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
          NO_COLOR: "1",
          ...env
        },
        stdio: ["ignore", "pipe", "pipe"]
      })
    ),
    (process) => Effect.sync(() => process.kill("SIGKILL"))
  )
  let output = ""
  const hear = (chunk: Buffer) => {
    output += String(chunk)
  }
  child.stdout.on("data", hear)
  child.stderr.on("data", hear)
  const ended = Effect.callback<Ended>((resume) => {
    if (child.exitCode !== null) return resume(Effect.succeed({ code: child.exitCode, output }))
    child.once("close", (code) => resume(Effect.succeed({ code, output })))
  })
  const url = Effect.callback<string, ServerEnded>((resume) => {
    const look = () => {
      const [, found] = / serves at (http:\/\/[^\s"]+)/.exec(output) ?? []
      if (found !== undefined) resume(Effect.succeed(found))
    }
    child.stdout.on("data", look)
    child.once("close", (code) => resume(Effect.fail(new ServerEnded({ code, output }))))
    look()
  })
  return { pid: child.pid, url, ended, stop: Effect.sync(() => child.kill("SIGTERM")) }
})

export const spawnServer = (runtime: RuntimeName, env: Readonly<Record<string, string>>) => {
  const { args, program } = commandOf(runtime)
  return spawnProcess(program, args, env)
}

/** A server on the stores of a test. */
export const startServer = Effect.fnUntraced(function*(runtime: RuntimeName) {
  const { databaseUrl, redisUri } = yield* TestStores
  const server = yield* spawnServer(runtime, {
    DATABASE_URL: Redacted.value(databaseUrl),
    REDIS_URI: Redacted.value(redisUri),
    PORT: "0"
  })
  return { ...server, url: yield* server.url }
})
