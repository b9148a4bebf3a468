import { Config, Deferred, Duration, Effect, Option, type Scope } from "effect"
import { spawn } from "node:child_process"
import { closeSync, openSync, renameSync, statSync } from "node:fs"
import { EmbeddedStoreError, type EmbeddedStoreName } from "./EmbeddedStoreError.ts"
import { logTail } from "./StoreFolder.ts"

const stopMillisMax = 20_000
const logBytesMax = 16 * 1024 * 1024

export interface StoreCommand {
  readonly store: EmbeddedStoreName
  readonly command: string
  readonly args: ReadonlyArray<string>
  /** Drops root for this user before the command starts. */
  readonly user?: { readonly uid: number; readonly gid: number }
  /** Handed over on the standard input: what must not be seen in the process list. */
  readonly input?: string
  readonly logFile: string
  readonly stopSignal: NodeJS.Signals
  /** Sent when the store has not ended in time. */
  readonly killSignal: NodeJS.Signals
}

export interface StoreProcess {
  /** Waits for the end of the process: its exit code, or the signal that ended it. */
  readonly ended: Effect.Effect<string>
  /** Fails when the process ends, with the end of its log. */
  readonly failed: Effect.Effect<never, EmbeddedStoreError>
}

/**
 * Runs a store until the scope closes, then stops it and waits.
 *
 * It gets a session of its own: a Ctrl-C in the terminal must reach Berth alone, which stops what uses the store first.
 */
export const startProcess = Effect.fnUntraced(function*(
  options: StoreCommand
): Effect.fn.Return<StoreProcess, EmbeddedStoreError, Scope.Scope> {
  const env = yield* childEnvironment
  const running = yield* Effect.acquireRelease(spawnProcess(options, env), (acquired) => stop(options, acquired))
  const ended = Deferred.await(running.ended)
  return {
    ended,
    failed: Effect.flatMap(ended, (how) =>
      Effect.fail(
        new EmbeddedStoreError({
          store: options.store,
          reason: "Stopped",
          subject: `${how}, ${logTail(options.logFile)}`
        })
      ))
  }
})

interface Running {
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Deferred.Deferred<string>
}

const spawnProcess = (options: StoreCommand, env: Record<string, string>) =>
  Effect.callback<Running, EmbeddedStoreError>((resume) => {
    const failed = (cause: unknown) =>
      resume(Effect.fail(
        new EmbeddedStoreError({ store: options.store, reason: "StartFailed", subject: String(cause) })
      ))
    try {
      const log = openLog(options.logFile)
      const child = spawn(options.command, options.args, {
        // The store must not keep a folder busy, and its user may not be able to enter ours.
        cwd: "/",
        detached: true,
        env,
        stdio: ["pipe", log, log],
        windowsHide: true,
        ...options.user
      })
      closeSync(log)
      const ended = Deferred.makeUnsafe<string>()
      child.once("error", failed)
      child.once("exit", (code, signal) => Deferred.doneUnsafe(ended, Effect.succeed(signal ?? `exit code ${code}`)))
      child.once("spawn", () => resume(Effect.succeed({ kill: (signal) => void child.kill(signal), ended })))
      // A store that ends before it has read its input says why in its log.
      child.stdin?.once("error", () => {})
      child.stdin?.end(options.input)
    } catch (cause) {
      failed(cause)
    }
  })

const stop = (options: StoreCommand, { ended, kill }: Running) =>
  Effect.gen(function*() {
    kill(options.stopSignal)
    yield* Effect.timeoutOrElse(Deferred.await(ended), {
      duration: Duration.millis(stopMillisMax),
      orElse: () => {
        kill(options.killSignal)
        return Deferred.await(ended)
      }
    })
  })

const openLog = (file: string): number => {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (size > logBytesMax) renameSync(file, `${file}.1`)
  return openSync(file, "a", 0o600)
}

// Not the whole environment: it may hold secrets, and the store may run as another user.
const childEnvironment = Effect.gen(function*() {
  const names = ["PATH", "SystemRoot", "TEMP"]
  const values = yield* Effect.forEach(names, (name) => Effect.orDie(Config.option(Config.String(name))))
  return Object.fromEntries(
    names.flatMap((name, index) =>
      Option.match(values[index] ?? Option.none(), {
        onNone: () => [],
        onSome: (value) => [[name, value]]
      })
    )
  )
})
