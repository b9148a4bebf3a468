import { Duration, Effect, Option, Schedule, Schema } from "effect"
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync, readlinkSync, realpathSync, rmSync } from "node:fs"
import { EmbeddedStoreError, type EmbeddedStoreName } from "./EmbeddedStoreError.ts"

const stopMillisMax = 20_000
const pollMillis = 20

const isNoEntry = Schema.is(Schema.Struct({ code: Schema.Literal("ENOENT") }))

/**
 * Ends the store that an earlier Berth left behind when it was killed. Call it with the folder's lock held.
 *
 * A process id alone proves nothing, because ids are used again: only a process that works in `folder` is ours, as every
 * store makes its data folder its working folder.
 */
export const stopOrphan = Effect.fnUntraced(function*(options: {
  readonly store: EmbeddedStoreName
  readonly pidFile: string
  readonly folder: string
  readonly stopSignal: NodeJS.Signals
}) {
  const pid = readPid(options.pidFile)
  if (Option.isNone(pid) || !isAlive(pid.value)) return
  const workingFolder = workingFolderOf(pid.value)
  if (Option.isNone(workingFolder)) return
  if (workingFolder.value !== realpathSync(options.folder)) {
    // PostgreSQL would take the stranger who has the id now for its predecessor, and refuse to start.
    return rmSync(options.pidFile, { force: true })
  }
  yield* Effect.logInfo(`Stopping the ${options.store} that an earlier Berth left behind (process ${pid.value})`)
  yield* Effect.try({
    try: () => process.kill(pid.value, options.stopSignal),
    catch: () => new EmbeddedStoreError({ ...options, reason: "FolderInUse", subject: String(pid.value) })
  })
  // Asked by folder again: in a container a dead process may stay in the list for ever, without a folder.
  yield* Effect.sync(() => Option.contains(workingFolderOf(pid.value), workingFolder.value)).pipe(
    Effect.repeat({ while: (running) => running, schedule: Schedule.spaced(Duration.millis(pollMillis)) }),
    Effect.timeoutOrElse({
      duration: Duration.millis(stopMillisMax),
      orElse: () =>
        Effect.fail(new EmbeddedStoreError({ ...options, reason: "FolderInUse", subject: String(pid.value) }))
    })
  )
})

const readPid = (file: string): Option.Option<number> => {
  if (!existsSync(file)) return Option.none()
  const pid = Number.parseInt(readFileSync(file, "utf8"), 10)
  return pid > 0 ? Option.some(pid) : Option.none()
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** None where the system does not tell; the store's own check of its pid file decides then. */
const workingFolderOf = (pid: number): Option.Option<string> => {
  if (process.platform === "linux") return linuxFolderOf(pid)
  if (process.platform !== "darwin") return Option.none()
  try {
    const fields = execFileSync("lsof", ["-a", "-p", String(pid), "-d", "cwd", "-Fn"], { encoding: "utf8" })
    return Option.fromUndefinedOr(/^n(.*)$/m.exec(fields)?.[1])
  } catch {
    return Option.none()
  }
}

const linuxFolderOf = (pid: number): Option.Option<string> => {
  try {
    return Option.some(readlinkSync(`/proc/${pid}/cwd`))
  } catch (cause) {
    // No such file: it has ended meanwhile, or it is dead and nobody has asked for its exit code.
    return isNoEntry(cause) ? Option.some("") : dataFolderIn(readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0"))
  }
}

/**
 * In a container root may not see the working folder of another user's process, but sees its arguments. The dead have
 * none.
 */
const dataFolderIn = (args: ReadonlyArray<string>): Option.Option<string> =>
  args[0] === "" ? Option.some("") : Option.fromUndefinedOr(args.find((_, index) => args[index - 1] === "-D"))
