import * as NodeFileSystem from "@effect/platform-node-shared/NodeFileSystem"
import * as NodePath from "@effect/platform-node-shared/NodePath"
import { Effect, Layer } from "effect"
import { Migrator } from "effect/sql"
import { fromFileSystem } from "effect/sql/MigratorFileSystem"
import { fileURLToPath } from "node:url"

const folder = fileURLToPath(new URL("./migrations", import.meta.url))

/**
 * Brings the database up to date, forward only, and answers the migrations that it ran. A second process that starts at
 * the same time waits for the first and then finds nothing to do.
 */
export const migrate = Migrator.make({})({ loader: fromFileSystem(folder), table: "migration" }).pipe(
  Effect.provide([NodeFileSystem.layer, NodePath.layer]),
  Effect.withSpan("Migrations.migrate")
)

export const layer = Layer.effectDiscard(migrate)
