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
}).pipe(
  Effect.provide(
    Layer.unwrap(
      Effect.map(databaseUrl, (url) =>
        Database.checkVersion.pipe(Layer.provideMerge(Database.layer({ url, maxConnections: 2 }))))
    )
  ),
  Effect.provide(Logging.layer)
)

if (existsSync(".env")) process.loadEnvFile()
runMain(program)
