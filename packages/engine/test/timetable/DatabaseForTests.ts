import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Redacted } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import { randomUUID } from "node:crypto"
import { inject } from "vitest"
import { layer as database } from "../../src/ledger/Database.ts"

const connectionsMax = 4

const newDatabase = Effect.gen(function*() {
  const server = inject("postgresUrl")
  const sql = yield* PgClient.make({ url: Redacted.make(server), maxConnections: 1 })
  const name = `timetable_${randomUUID().replaceAll("-", "")}`
  yield* sql`CREATE DATABASE ${sql(name)} TEMPLATE ${sql(inject("migratedDatabase"))}`
  const url = new URL(server)
  url.pathname = `/${name}`
  return Redacted.make(url.href)
}).pipe(Effect.provide(Reactivity.layer), Effect.scoped)

/** A migrated database of its own for each build of this layer. */
export const freshDatabase = Layer.unwrap(
  Effect.map(newDatabase, (url) => database({ url, maxConnections: connectionsMax }))
)
