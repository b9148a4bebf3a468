import type { Redacted } from "effect"
import { Config, Effect, Layer, Schema } from "effect"
import { ManagedRedis } from "./inventory/ManagedRedis.ts"
import { parseClusterUri } from "./inventory/RedisLink.ts"
import * as Database from "./ledger/Database.ts"

/** Connections to PostgreSQL that a process keeps; two of them may be taken by listeners, two by commits. */
const connectionsMax = 16

const addressOf = (protocols: ReadonlyArray<string>, example: string) =>
  Schema.String.check(
    Schema.makeFilter((text: string) =>
      URL.canParse(text) && protocols.includes(new URL(text).protocol)
        ? undefined
        : `Expected an address such as ${example}`
    )
  )

/** Address of PostgreSQL, `DATABASE_URL`. */
export const databaseUrl: Config.Config<Redacted.Redacted> = Config.schema(
  Schema.RedactedFromValue(addressOf(["postgres:", "postgresql:"], "postgres://user:password@host:5432/database")),
  "DATABASE_URL"
)

const isRedis = Schema.is(addressOf(["redis:", "rediss:"], ""))

/** Address of Redis, `REDIS_URI`. */
export const redisUri: Config.Config<Redacted.Redacted> = Config.schema(
  Schema.RedactedFromValue(
    Schema.String.check(Schema.makeFilter((text: string) =>
      isRedis(text) || parseClusterUri(text) !== undefined
        ? undefined
        : "Expected an address such as redis://:password@host:6379, or redis+cluster://:password@host:6379,host:6380"
    ))
  ),
  "REDIS_URI"
)

/** Connections to both stores; fails at start where one does not answer or is too old. */
export const layer = (addresses: {
  readonly databaseUrl: Redacted.Redacted
  readonly redisUri: Redacted.Redacted
}) =>
  Layer.merge(
    Database.checkVersion.pipe(
      Layer.provideMerge(Database.layer({ url: addresses.databaseUrl, maxConnections: connectionsMax }))
    ),
    ManagedRedis.layer(addresses.redisUri)
  )

/** The same from `DATABASE_URL` and `REDIS_URI`, for processes that run by themselves. */
export const layerConfig = Layer.unwrap(Effect.gen(function*() {
  return layer({ databaseUrl: yield* databaseUrl, redisUri: yield* redisUri })
}))
