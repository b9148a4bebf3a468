/** `npm run migrate`: brings the database of DATABASE_URL up to date and ends; for deployments with many servers. */
import * as Database from "@berth/engine/ledger/Database"
import { migrate } from "@berth/engine/ledger/Migrations"
import * as Logging from "@berth/engine/Logging"
import { runMain } from "@berth/engine/NodeProcess"
import { databaseUrl } from "@berth/engine/Stores"
import { Console, Effect, Layer } from "effect"
import { existsSync } from "node:fs"

const program = Effect.gen(function*() {
  const done = yield* migrate
  yield* Console.log(
    done.length === 0 ? "The database is up to date." : `Ran ${done.map(([id, name]) => `${id} ${name}`).join(", ")}.`
  )
})

const database = Layer.unwrap(Effect.gen(function*() {
  return Database.layer({ url: yield* databaseUrl, maxConnections: 2 })
}))
const layer = Database.checkVersion.pipe(Layer.provideMerge(database), Layer.provideMerge(Logging.layer))

if (existsSync(".env")) process.loadEnvFile()
runMain(Effect.provide(program, layer))
