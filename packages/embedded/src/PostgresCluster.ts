import { Effect } from "effect"
import { chownSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { EmbeddedStoreError } from "./EmbeddedStoreError.ts"
import type { PostgresUser } from "./PostgresUser.ts"
import { newPassword, StoreEndpoint, writeEndpoint } from "./StoreEndpoint.ts"
import { logTail, makeFolder } from "./StoreFolder.ts"
import { startProcess } from "./StoreProcess.ts"

const store = "PostgreSQL"

/** The one role of the embedded server. */
export const superuser = "berth"

/** Port 0: not known before the first start. */
const noPort = 0

/** Creates PostgreSQL's data in `folder`, all or nothing, and answers the password that it was given. */
export const createCluster = Effect.fnUntraced(function*(options: {
  readonly dataDir: string
  readonly folder: string
  readonly logFile: string
  readonly endpointFile: string
  readonly initdb: string
  readonly user: PostgresUser
}) {
  const { owner } = options.user
  const folder = join(options.dataDir, "postgres.new")
  const passwordFile = join(options.dataDir, "postgres.password")
  const password = yield* newPassword
  yield* Effect.logInfo(`Creating PostgreSQL's data in ${options.folder}`)
  // What an initdb that was killed left behind.
  yield* Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  yield* makeFolder(store, folder, "private", owner)
  yield* Effect.acquireUseRelease(
    Effect.try({
      try: () => {
        writeFileSync(passwordFile, password, { mode: 0o600 })
        if (owner !== undefined) chownSync(passwordFile, owner.uid, owner.gid)
      },
      catch: () => new EmbeddedStoreError({ store, reason: "FolderNotWritable", subject: passwordFile })
    }),
    () =>
      runInitdb({
        store,
        ...options.user.commandLine(options.initdb, [...initdbArguments, `--pwfile=${passwordFile}`, "-D", folder]),
        logFile: options.logFile,
        stopSignal: "SIGTERM",
        killSignal: "SIGKILL"
      }),
    () => Effect.sync(() => rmSync(passwordFile, { force: true }))
  )
  yield* writeEndpoint(store, options.endpointFile, new StoreEndpoint({ port: noPort, password }))
  yield* Effect.sync(() => renameSync(folder, options.folder))
  return password
})

// The C.UTF-8 of PostgreSQL itself sorts the same on every system, whatever locales are installed.
// A new file of the log is filled with zeros while every commit waits for it: 16 MB were measured to take 60 to 100 ms, every
// two seconds of a nation's demand, until the first files are used again.
const initdbArguments = [
  "--wal-segsize=4",
  `--username=${superuser}`,
  "--auth=scram-sha-256",
  "--encoding=UTF8",
  "--locale=C",
  "--locale-provider=builtin",
  "--builtin-locale=C.UTF-8"
]

const runInitdb = (command: Parameters<typeof startProcess>[0]) =>
  Effect.scoped(Effect.gen(function*() {
    const initdb = yield* startProcess(command)
    const how = yield* initdb.ended
    if (how !== "exit code 0") {
      return yield* new EmbeddedStoreError({
        store,
        reason: "StartFailed",
        subject: `initdb: ${how}, ${logTail(command.logFile)}`
      })
    }
  }))
