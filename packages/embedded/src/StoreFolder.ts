import { Effect } from "effect"
import {
  accessSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync
} from "node:fs"
import { EmbeddedStoreError, type EmbeddedStoreName } from "./EmbeddedStoreError.ts"

export interface FolderOwner {
  readonly uid: number
  readonly gid: number
}

/** Creates the folder and those above it. `private` is for its owner alone; others may pass through `shared`, not list it. */
export const makeFolder = (
  store: EmbeddedStoreName,
  folder: string,
  access: "private" | "shared",
  owner?: FolderOwner
): Effect.Effect<void, EmbeddedStoreError> =>
  Effect.try({
    try: () => {
      mkdirSync(folder, { recursive: true, mode: access === "private" ? 0o700 : 0o711 })
      if (owner !== undefined) chownSync(folder, owner.uid, owner.gid)
      accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    },
    catch: () => new EmbeddedStoreError({ store, reason: "FolderNotWritable", subject: folder })
  })

const logTailBytes = 1_000

/** The last lines of a log, for the sentence that tells why a store did not start. */
export const logTail = (file: string): string => {
  if (!existsSync(file)) return `${file} (empty)`
  const log = openSync(file, "r")
  const size = fstatSync(log).size
  const length = Math.min(size, logTailBytes)
  const buffer = Buffer.alloc(length)
  readSync(log, buffer, 0, length, size - length)
  closeSync(log)
  return `${file}\n${buffer.toString("utf8").trim()}`
}
