import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from "node:fs"
import { open, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import type { Row } from "../Row.ts"

const size = "320m"

/** How long the disk stays full; longer, to the second limit, where nobody has been refused yet. */
const fullMillis = 12_000
const fullMillisMax = 60_000

const mount = (folder: string): void => {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=0755`, "tmpfs", folder], { stdio: "pipe" })
}
const unmount = (folder: string): void => {
  execFileSync("umount", [folder], { stdio: "pipe" })
}

const cannotMount = (): string | undefined => {
  const folder = mkdtempSync(join(tmpdir(), "berth-mount-"))
  try {
    mount(folder)
    unmount(folder)
    return undefined
  } catch {
    return "a small file system can't be mounted here (it takes root)"
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const isFull = (cause: unknown): boolean => cause instanceof Error && "code" in cause && cause.code === "ENOSPC"

/** Takes all the space that is left. */
const fill = async (file: string): Promise<void> => {
  const ballast = await open(file, "a")
  try {
    for (const chunk of [1024 * 1024, 4096].map((bytes) => Buffer.alloc(bytes))) {
      try {
        for (;;) await ballast.write(chunk)
      } catch (cause) {
        if (!isFull(cause)) throw cause
      }
    }
  } finally {
    await ballast.close()
  }
}

/** PostgreSQL's disk fills up, and has room again later. */
export const diskFull: Row = {
  name: "disk-full",
  fault: "no space left on PostgreSQL's disk, a small tmpfs",
  brief: false,
  nativeRedis: false,
  missing: cannotMount,
  own: async (folder) => {
    const postgresFolder = join(folder, "disk")
    mkdirSync(postgresFolder)
    mount(postgresFolder)
    return { postgresFolder, clean: () => Promise.resolve(unmount(postgresFolder)) }
  },
  run: async ({ cluster, injected, load, note, problem }) => {
    const { postgres } = cluster
    const ballast = join(postgres.dataDir, "ballast")
    for (let fills = 0; fills < 2; fills++) {
      const refused = load.log.refusals.get("StoreUnavailable") ?? 0
      const refusedSince = () => (load.log.refusals.get("StoreUnavailable") ?? 0) - refused
      const filledAt = performance.now()
      const millis = () => performance.now() - filledAt
      // PostgreSQL extends its files by more than it needs, so that it may be a while before it asks for space again.
      while (millis() < fullMillis || refusedSince() === 0 && millis() < fullMillisMax) {
        // What PostgreSQL sets free, as old segments of its log, is taken again.
        await fill(ballast)
        await pause(200)
      }
      injected()
      const { bavail, bsize } = statfsSync(postgres.dataDir)
      const shed = refusedSince()
      note(
        `${bavail * bsize} bytes were left; ${shed} calls were refused; PostgreSQL ${
          postgres.running ? "runs" : "ended"
        }`
      )
      if (shed === 0) problem("no call was refused while the disk was full")
      await rm(ballast)
      if (!postgres.running) await postgres.restart()
      await pause(5000)
    }
  }
}
