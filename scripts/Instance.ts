import { Config, Effect, Option, Redacted, Schema } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

class NoInstance extends Schema.TaggedError<NoInstance>()("NoInstance", {
  variable: Schema.String,
  readyFile: Schema.String
}) {
  override get message(): string {
    return `${this.variable} is not set, and ${this.readyFile} says of no running instance. ` +
      `Start one first with npm start, or set ${this.variable}.`
  }
}

const Ready = Schema.Struct({ databaseUrl: Schema.String, redisUri: Schema.String })
const decodeReady = Schema.decodeEffect(Schema.fromJsonString(Ready))

/** A store's address: the variable's, or else that of the instance that runs on BERTH_DATA_DIR. */
const storeOf = Effect.fnUntraced(function*(variable: string, store: keyof typeof Ready.Type) {
  const given = yield* Config.option(Config.Redacted(variable))
  if (Option.isSome(given) && Redacted.value(given.value) !== "") {
    return given.value
  }
  const dataDir = yield* Config.String("BERTH_DATA_DIR").pipe(Config.withDefault(".berth"))
  const readyFile = join(dataDir, "ready.json")
  const noInstance = new NoInstance({ variable, readyFile })
  if (!existsSync(readyFile)) {
    return yield* noInstance
  }
  const ready = yield* Effect.mapError(decodeReady(readFileSync(readyFile, "utf8")), () => noInstance)
  return Redacted.make(ready[store])
})

/** The database of DATABASE_URL, or else of the instance that runs on BERTH_DATA_DIR. */
export const instanceDatabaseUrl = storeOf("DATABASE_URL", "databaseUrl")

/** The stores of DATABASE_URL and REDIS_URI, or else of the instance that runs on BERTH_DATA_DIR. */
export const instanceStores = Effect.all({
  databaseUrl: instanceDatabaseUrl,
  redisUri: storeOf("REDIS_URI", "redisUri")
})
