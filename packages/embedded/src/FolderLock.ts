import { Effect, Schema, type Scope } from "effect"
import { DatabaseSync } from "node:sqlite"
import { EmbeddedStoreError, type EmbeddedStoreName } from "./EmbeddedStoreError.ts"

const sqliteBusy = 5
const isBusy = Schema.is(Schema.Struct({ errcode: Schema.Literal(sqliteBusy) }))

/**
 * Holds `file` for as long as the scope is open; a second holder, of this process or of another, fails with `FolderInUse`.
 *
 * SQLite is here for its portable file lock alone: unlike a file with a process id, the system drops it when its holder
 * is killed, so that it is never stale. The holder's id is kept inside, where the one who is refused can read it.
 */
export const lockFolder = (
  store: EmbeddedStoreName,
  file: string
): Effect.Effect<void, EmbeddedStoreError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => new DatabaseSync(file, { timeout: 0 }),
      catch: () => new EmbeddedStoreError({ store, reason: "FolderNotWritable", subject: file })
    }),
    (database) => Effect.sync(() => database.close())
  ).pipe(
    Effect.flatMap((database) =>
      Effect.try({
        try: () => database.exec(`PRAGMA user_version = ${process.pid}; BEGIN IMMEDIATE`),
        catch: (cause) =>
          isBusy(cause)
            ? new EmbeddedStoreError({ store, reason: "FolderInUse", subject: holderOf(database) })
            : new EmbeddedStoreError({ store, reason: "FolderNotWritable", subject: file })
      })
    )
  )

const holderOf = (database: DatabaseSync): string =>
  String(database.prepare("PRAGMA user_version").get()?.["user_version"] ?? "unknown")
