import * as NodeChildProcessSpawner from "@effect/platform-node-shared/NodeChildProcessSpawner"
import * as NodeFileSystem from "@effect/platform-node-shared/NodeFileSystem"
import * as NodePath from "@effect/platform-node-shared/NodePath"
import * as NodeTerminal from "@effect/platform-node-shared/NodeTerminal"
import { ConfigProvider, Effect, Layer, Queue, Stdio, Stream } from "effect"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Program from "../../src/cli/Program.ts"
import { Screen, type Surface } from "../../src/cli/Screen.ts"

const bin = join(import.meta.dirname, "../../bin/berth.mjs")

/** What a call of the command line came to. */
export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CallOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
}

/** A home of its own, so that nobody's settings are read or written. */
export const temporaryHome = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "berth-cli-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const start = (home: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
  spawn(process.execPath, [bin, ...args], {
    cwd: home,
    env: { PATH: process.env["PATH"], HOME: home, ...env },
    stdio: ["pipe", "pipe", "pipe"]
  })

/** Runs `berth` to its end in a home, with nothing else of this process's environment. */
export const runBerth = (home: string, args: ReadonlyArray<string>, { env, stdin }: CallOptions = {}) =>
  Effect.callback<Outcome>((resume) => {
    const child = start(home, args, env)
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text
    })
    child.once("close", (status) => resume(Effect.succeed({ status, stdout, stderr })))
    child.stdin.end(stdin ?? "")
    return Effect.sync(() => child.kill())
  })

const machine = NodeChildProcessSpawner.layer.pipe(
  Layer.provideMerge([NodeFileSystem.layer, NodePath.layer, NodeTerminal.layer])
)

const pipeInto = (write: (text: string) => void): Surface => ({
  isTerminal: false,
  colours: false,
  width: () => Infinity,
  height: () => Infinity,
  write: (text) => Effect.sync(() => write(text))
})

/**
 * The same in this process, as if into pipes, for what has nothing to do with there being a process: starting one takes
 * far longer than the call. No folder is its own, so the home is told by XDG_CONFIG_HOME.
 */
export const callBerth = Effect.fnUntraced(
  function*(home: string, args: ReadonlyArray<string>, { env, stdin = "" }: CallOptions = {}) {
    let stdout = ""
    let stderr = ""
    const screen = Screen.of({
      out: pipeInto((text) => {
        stdout += text
      }),
      aside: pipeInto((text) => {
        stderr += text
      })
    })
    const status = yield* Program.run(args).pipe(
      Effect.provideService(Screen, screen),
      Effect.provide(Stdio.layerTest({ stdin: Stream.make(new TextEncoder().encode(stdin)) })),
      Effect.provide([
        machine,
        ConfigProvider.layer(ConfigProvider.fromUnknown({ XDG_CONFIG_HOME: join(home, ".config"), ...env }))
      ])
    )
    const outcome: Outcome = { status, stdout, stderr }
    return outcome
  }
)

/** A `berth` that goes on: its lines as they come, and a way to press Ctrl-C. */
export const followBerth = Effect.fnUntraced(
  function*(home: string, args: ReadonlyArray<string>, { env }: CallOptions = {}) {
    const lines = yield* Queue.unbounded<string>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => start(home, args, env)),
      (running) => Effect.sync(() => running.kill("SIGKILL"))
    )
    let rest = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const parts = (rest + text).split("\n")
      rest = parts.pop() ?? ""
      for (const part of parts) Queue.offerUnsafe(lines, part)
    })
    const ended = Effect.callback<number | null>((resume) => {
      child.once("close", (status) => resume(Effect.succeed(status)))
    })
    const interrupt = Effect.andThen(Effect.sync(() => child.kill("SIGINT")), ended)
    return { next: Queue.take(lines), interrupt }
  }
)
