/**
 * `npm run import -- FEED`: imports a GTFS feed, a zip archive or a folder, into the database of DATABASE_URL or else of
 * the instance that runs on BERTH_DATA_DIR.
 */
import { layer as database } from "@berth/engine/ledger/Database"
import { migrate } from "@berth/engine/ledger/Migrations"
import { importFeed, type ImportSummary } from "@berth/engine/timetable/FeedImport"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { instanceDatabaseUrl } from "./Instance.ts"
import { progressReport } from "./progressReport.ts"

const connectionsMax = 2

class DatabaseFailed extends Schema.TaggedError<DatabaseFailed>()("DatabaseFailed", { problem: Schema.String }) {
  override get message(): string {
    return `Nothing was imported, because the database failed: ${this.problem}. ` +
      "Is it running, and is DATABASE_URL right?"
  }
}

const list = (title: string, items: ReadonlyArray<string>): ReadonlyArray<string> =>
  items.length === 0 ? [] : [title, ...items.map((item) => `  ${item}`)]

const describe = (summary: ImportSummary): string => {
  const { changes, runs } = summary
  const nothingNew = changes.stationsChanged + changes.routesAdded + changes.trainsAdded + changes.trainsChanged +
      changes.trainsConfigured + changes.trainsRescheduled.length + runs.moved + runs.withdrawn === 0
  return [
    `Imported in ${summary.seconds.toFixed(1)} s: ${summary.source}`,
    `  ${summary.trains} trains, ${summary.services} services, ${summary.stations} stations, ` +
    `${summary.stopTimes} stop times`,
    nothingNew
      ? "  Nothing was new."
      : `  New: ${changes.trainsAdded} trains, ${changes.routesAdded} routes. ` +
        `Changed: ${changes.trainsRescheduled.length} timetables, ${changes.trainsChanged} descriptions of trains; ` +
        `${runs.moved} runs go another way, ${runs.withdrawn} no longer.`,
    ...list("Derived, for want of a source:", summary.derived),
    ...list("Left out:", Object.entries(summary.skipped).map(([reason, count]) => `${count} ${reason}`)),
    ...list("Warnings:", summary.warnings)
  ].join("\n")
}

const importCommand = Command.make(
  "npm run import --",
  {
    feed: Argument.String("feed").pipe(Argument.withDescription("A GTFS feed: a zip archive or a folder")),
    source: Flag.String("source").pipe(
      Flag.withDescription("Who published the timetable; else what the feed says of itself"),
      Flag.optional
    )
  },
  ({ feed, source }) =>
    Effect.gen(function*() {
      const url = yield* instanceDatabaseUrl
      // npm runs scripts in the root of the project, wherever they were called.
      const path = resolve(process.env["INIT_CWD"] ?? ".", feed)
      const summary = yield* Effect.scoped(Effect.gen(function*() {
        yield* migrate
        return yield* importFeed({
          path,
          report: yield* progressReport,
          ...Option.match(source, { onNone: () => ({}), onSome: (label) => ({ source: label }) })
        })
      })).pipe(Effect.provide(database({ url, maxConnections: connectionsMax })))
      yield* Console.log(describe(summary))
    }).pipe(
      Effect.catchTag("SqlError", ({ cause, message }) =>
        new DatabaseFailed({ problem: cause instanceof Error ? cause.message : message })),
      Effect.tapError((error) =>
        Console.error(error.message)
      )
    )
).pipe(Command.withDescription(
  "Imports the rail services of a GTFS feed into DATABASE_URL, or else into the instance that runs on BERTH_DATA_DIR."
))

if (existsSync(".env")) process.loadEnvFile()

Command.run(importCommand, { version: "0.1.0" }).pipe(
  Effect.provide(NodeServices.layer),
  (program) => NodeRuntime.runMain(program, { disableErrorReporting: true })
)
