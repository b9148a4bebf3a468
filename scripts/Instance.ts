import { Config, Effect, Option, Redacted, Schema } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

class NoDatabase extends Schema.TaggedError<NoDatabase>()("NoDatabase", { readyFile: Schema.String }) {
  override get message(): string {
    return `There is no database: DATABASE_URL is not set, and ${this.readyFile} says of no running instance. ` +
      "Start one first with npm start, or set DATABASE_URL."
  }
}

const decodeReady = Schema.decodeEffect(Schema.fromJsonString(Schema.Struct({ databaseUrl: Schema.String })))

/** The database of DATABASE_URL, or else of the instance that runs on BERTH_DATA_DIR. */
export const instanceDatabaseUrl = Effect.gen(function*() {
  const given = yield* Config.option(Config.Redacted("DATABASE_URL"))
  if (Option.isSome(given) && Redacted.value(given.value) !== "") {
    return given.value
  }
  const dataDir = yield* Config.String("BERTH_DATA_DIR").pipe(Config.withDefault(".berth"))
  const readyFile = join(dataDir, "ready.json")
  if (!existsSync(readyFile)) {
    return yield* new NoDatabase({ readyFile })
  }
  const ready = yield* Effect.mapError(
    decodeReady(readFileSync(readyFile, "utf8")),
    () => new NoDatabase({ readyFile })
  )
  return Redacted.make(ready.databaseUrl)
})
