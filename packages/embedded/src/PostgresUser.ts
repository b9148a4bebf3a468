import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { readFileSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { EmbeddedStoreError } from "./EmbeddedStoreError.ts"
import type { FolderOwner } from "./StoreFolder.ts"

/** "nobody", who is on every system and owns nothing. */
const nobody: FolderOwner = { uid: 65_534, gid: 65_534 }

/** CAP_DAC_READ_SEARCH in a capability set of Linux (linux/capability.h). */
const readSearchBit = 1n << 2n

export interface PostgresUser {
  /** Who owns the data; undefined for the user who runs Berth. */
  readonly owner: FolderOwner | undefined
  readonly commandLine: (
    binary: string,
    args: ReadonlyArray<string>
  ) => { readonly command: string; readonly args: ReadonlyArray<string>; readonly user?: FolderOwner }
}

/**
 * How PostgreSQL is started so that it does not run as root, which it refuses.
 *
 * `setpriv`, where it is installed, also ends PostgreSQL in order when Berth is killed.
 */
export const postgresUser = Effect.fnUntraced(function*(options: {
  readonly binary: string
  readonly dataDir: string
  /** The data, if there are some already: they keep their owner. */
  readonly folder: string
}): Effect.fn.Return<PostgresUser, EmbeddedStoreError> {
  const setpriv = hasSetpriv()
  const endWithParent = ["--pdeathsig", "INT"]
  if (process.getuid?.() !== 0) {
    return {
      owner: undefined,
      commandLine: (binary, args) =>
        setpriv ? { command: "setpriv", args: [...endWithParent, "--", binary, ...args] } : { command: binary, args }
    }
  }
  const owner = ownerOf(options.folder)
  const hidden = [dirname(options.binary), options.dataDir].flatMap(foldersAbove).find(isPrivate)
  if (!setpriv) {
    if (hidden !== undefined) {
      return yield* new EmbeddedStoreError({ store: "PostgreSQL", reason: "FolderPrivate", subject: hidden })
    }
    return { owner, commandLine: (binary, args) => ({ command: binary, args, user: owner }) }
  }
  const identity = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, "--clear-groups"]
  const rights = hidden === undefined ? withoutRights : withRight(passage())
  return {
    owner,
    commandLine: (binary, args) => ({
      command: "setpriv",
      args: [...rights, ...identity, ...endWithParent, "--", binary, ...args]
    })
  }
})

const withoutRights = ["--inh-caps=-all", "--bounding-set=-all"]

/**
 * One right of root's is kept: to pass through private folders, as a clone made by root may lie in one. Without
 * `no_setuid_fixup` the kernel ignores it in access(2), by which PostgreSQL looks for its own files.
 */
const withRight = (name: string) => [
  "--securebits=+no_setuid_fixup",
  `--inh-caps=-all,+${name}`,
  `--bounding-set=-all,+${name}`,
  `--ambient-caps=-all,+${name}`
]

/** The right that reads alone; where there is none, as in an ordinary container, the one that also writes. */
const passage = (): string => {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0"
  return (BigInt(`0x${effective}`) & readSearchBit) === 0n ? "dac_override" : "dac_read_search"
}

const ownerOf = (folder: string): FolderOwner => {
  const stat = statSync(folder, { throwIfNoEntry: false })
  return stat === undefined || stat.uid === 0 ? nobody : { uid: stat.uid, gid: stat.gid }
}

const foldersAbove = (folder: string): ReadonlyArray<string> =>
  folder === dirname(folder) ? [folder] : [folder, ...foldersAbove(dirname(folder))]

const executeByOthers = 0o001
const isPrivate = (folder: string): boolean => (statSync(folder).mode & executeByOthers) === 0

// BusyBox has a command of the same name that can do nothing of this.
const hasSetpriv = (): boolean => {
  if (process.platform !== "linux") return false
  try {
    return execFileSync("setpriv", ["--version"], { encoding: "utf8", stdio: "pipe" }).includes("util-linux")
  } catch {
    return false
  }
}
