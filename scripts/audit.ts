/**
 * `npm run audit`: proves that Redis says what PostgreSQL says, and that no berth is sold twice; of the stores of
 * DATABASE_URL and REDIS_URI, or else of the instance that runs on BERTH_DATA_DIR.
 */
import * as Engine from "@berth/engine/Engine"
import { Audit, type AuditReport } from "@berth/engine/seeding/Audit"
import { layer as stores } from "@berth/engine/Stores"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Layer, Schema } from "effect"
import { Command } from "effect/cli"
import { existsSync } from "node:fs"
import { instanceStores } from "./Instance.ts"

/** Differences printed; the first tell enough. */
const differencesMax = 50

class StoresDiffer extends Schema.TaggedError<StoresDiffer>()("StoresDiffer", { differences: Schema.Int }) {
  override get message(): string {
    return `The audit found ${this.differences} differences. Where Redis differs from PostgreSQL, PostgreSQL is right: ` +
      "empty Redis, and it is loaded again while the sale goes on."
  }
}

const describe = ({ differences, partiesWaiting, runs, runsNotOpen, sales }: AuditReport): string =>
  [
    `Runs on sale      ${runs}`,
    `  not loaded yet  ${runsNotOpen}`,
    `Berths sold       ${sales}`,
    `Parties waiting   ${partiesWaiting}`,
    `Differences       ${differences.length}`,
    ...differences.slice(0, differencesMax).flatMap(({ date, one, other, subject, trainId }) => [
      "",
      `Train ${trainId} of ${date}: ${subject}`,
      `  ${one}`,
      `  ${other}`
    ]),
    ...differences.length > differencesMax ? ["", `and ${differences.length - differencesMax} more`] : []
  ].join("\n")

const auditCommand = Command.make(
  "npm run audit --",
  {},
  Effect.fn(function*() {
    const addresses = yield* instanceStores
    const report = yield* Effect.flatMap(Audit, ({ audit }) => audit).pipe(
      Effect.provide(Audit.layer.pipe(Layer.provide(Engine.layer), Layer.provide(stores(addresses))))
    )
    yield* Console.log(describe(report))
    if (report.differences.length > 0) {
      return yield* new StoresDiffer({ differences: report.differences.length })
    }
  })
).pipe(Command.withDescription(
  "Compares Redis with PostgreSQL, berth by berth, and PostgreSQL with itself, while the sale goes on. Exits with 1 and " +
    "both sides of each difference where they do not agree."
))

if (existsSync(".env")) process.loadEnvFile()

Command.run(auditCommand, { version: "0.1.0" }).pipe(
  Effect.tapError((error) => Console.error(error.message)),
  Effect.provide(NodeServices.layer),
  (program) => NodeRuntime.runMain(program, { disableErrorReporting: true })
)
