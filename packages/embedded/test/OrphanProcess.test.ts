import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { stopOrphan } from "../src/OrphanProcess.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const idleIn = (folder: string) =>
  Effect.acquireRelease(
    Effect.callback<ChildProcess>((resume) => {
      const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { cwd: folder })
      child.once("spawn", () => resume(Effect.succeed(child)))
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

const orphanOf = Effect.fnUntraced(function*(folder: string, child: ChildProcess) {
  const pidFile = join(folder, "store.pid")
  writeFileSync(pidFile, `${child.pid}\nmore\n`)
  yield* stopOrphan({ store: "Redis", folder, pidFile, stopSignal: "SIGTERM" })
  return pidFile
})

describe("stopOrphan", () => {
  it.live("ends the process that works in the folder", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const child = yield* idleIn(folder)
      const ended = new Promise<string | null>((resolve) => child.once("exit", (_, signal) => resolve(signal)))
      yield* orphanOf(folder, child)
      assert.strictEqual(yield* Effect.promise(() => ended), "SIGTERM")
    }))

  it.live("leaves a stranger with the same process id alone, and removes the pid file that names it", () =>
    Effect.gen(function*() {
      const child = yield* idleIn(yield* temporaryFolder)
      const pidFile = yield* orphanOf(yield* temporaryFolder, child)
      assert.isFalse(existsSync(pidFile))
      assert.isNull(child.signalCode)
      assert.isTrue(child.kill(0))
    }))

  it.live("does nothing without a pid file", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* stopOrphan({ store: "Redis", folder, pidFile: join(folder, "store.pid"), stopSignal: "SIGTERM" })
    }))
})
