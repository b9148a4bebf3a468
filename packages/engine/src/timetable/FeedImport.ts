import { fromDayNumber } from "@berth/domain/JourneyDate"
import { Duration, Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { maintenance } from "../ledger/Database.ts"
import { openFeed } from "./FeedFiles.ts"
import { shortened } from "./FeedIds.ts"
import { readFeed } from "./FeedReader.ts"
import { type FeedTrain, feedTrains } from "./FeedTrains.ts"
import { ImportBusy } from "./ImportBusy.ts"
import type { ReportProgress } from "./ImportProgress.ts"
import { type AlignedRuns, alignRuns } from "./RunAlignment.ts"
import { lockMillisMax, type TimetableChanges, writeTimetable } from "./TimetableWriter.ts"
import { type TripPaths, tripPaths } from "./TripPaths.ts"

const sourceCharactersMax = 200
/** A feed with a thousand of the same flaw is understood after a few. */
const warningsMax = 20

export interface ImportOptions {
  /** A folder or zip archive in the GTFS format. */
  readonly path: string
  /** Who published the timetable; left out, what the feed says of itself. */
  readonly source?: string
  readonly report?: ReportProgress
}

export interface ImportSummary {
  readonly source: string
  readonly stations: number
  readonly trains: number
  readonly services: number
  readonly stopTimes: number
  readonly changes: TimetableChanges
  readonly runs: AlignedRuns
  /** What the feed has and cannot be sold, by reason. */
  readonly skipped: Readonly<Record<string, number>>
  /** What the feed does not say and was worked out, in sentences. */
  readonly derived: ReadonlyArray<string>
  readonly warnings: ReadonlyArray<string>
  readonly seconds: number
}

/**
 * Imports a timetable: all of it or nothing. Importing a feed again changes nothing; importing a later one replaces the
 * running days and routes of its trains, and leaves trains alone that it does not have.
 *
 * Fails with `FeedInvalid`, which lists what to correct in the feed, with `FeedUnreadable` or `ImportBusy`.
 */
export const importFeed = Effect.fn("FeedImport.importFeed")(function*(options: ImportOptions) {
  const report = options.report ?? (() => Effect.void)
  const [elapsed, summary] = yield* Effect.timed(Effect.scoped(importWith(options, report)))
  const finished: ImportSummary = { ...summary, seconds: Duration.toSeconds(elapsed) }
  return finished
})

const decodeClock = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ today: Schema.Int })]))

const importWith = Effect.fnUntraced(function*(options: ImportOptions, report: ReportProgress) {
  const sql = yield* SqlClient.SqlClient
  const feed = yield* readFeed(yield* openFeed(options.path), report)
  const paths = tripPaths(feed)
  const warnings = new Warnings()
  const trains = feedTrains(feed, paths.trips, (warning) => warnings.add(warning))
  if (trains.length === 0) feed.log.add("trips.txt", null, null, "no trip of it is a train that runs and calls twice")
  yield* feed.log.failIfAny

  const called = new Set(trains.flatMap((train) => train.services.flatMap(({ stops }) => stops.map((s) => s.station))))
  const stations = feed.stops.stations.filter(({ code }) => called.has(code))
  const source = shortened(options.source ?? feed.publisher, sourceCharactersMax)
  const lastDay = Math.max(...trains.flatMap((train) => train.services.map(({ pattern }) => pattern.lastDay)))
  const [clock] = yield* Effect.orDie(decodeClock(
    yield* sql`SELECT berth_now()::date - DATE '2020-01-01' AS today`
  ))
  if (lastDay < clock.today) {
    warnings.add(`The last train of this feed runs on ${fromDayNumber(lastDay)}: nothing of it can be sold`)
  }
  const changes = yield* maintenance(sql, writeTimetable({ source, stations, trains }, report)).pipe(
    Effect.catchReason("SqlError", "LockTimeoutError", () => new ImportBusy({ waitedMillis: lockMillisMax }))
  )
  const runs = yield* alignRuns({ trainIds: trains.map(({ id }) => id), rescheduled: changes.trainsRescheduled })

  return {
    source,
    stations: stations.length,
    trains: trains.length,
    services: trains.reduce((count, { services }) => count + services.length, 0),
    stopTimes: feed.stopTimes.length,
    changes,
    runs,
    skipped: feed.skips.toRecord(),
    derived: derivedNotes(trains, paths, changes),
    warnings: warnings.toArray()
  }
})

class Warnings {
  readonly #first: Array<string> = []
  #count = 0

  add(warning: string): void {
    this.#count++
    if (this.#count <= warningsMax) this.#first.push(warning)
  }

  toArray(): ReadonlyArray<string> {
    const more = this.#count - this.#first.length
    return more === 0 ? this.#first : [...this.#first, `and ${more} more like these`]
  }
}

const derivedNotes = (
  trains: ReadonlyArray<FeedTrain>,
  paths: TripPaths,
  changes: TimetableChanges
): ReadonlyArray<string> => {
  const notes: Array<string> = []
  if (paths.unit !== "unknown") notes.push(`distances are taken as ${paths.unit}, by comparison with coordinates`)
  if (paths.computed > 0) notes.push(`kilometres of ${paths.computed} trips, as straight lines between coordinates`)
  const withoutClasses = trains.filter(({ classes }) => classes.size === 0).length
  if (withoutClasses > 0) notes.push(`classes of ${withoutClasses} trains, from their type and length`)
  if (changes.trainsConfigured > 0) {
    notes.push(`coaches and quotas of ${changes.trainsConfigured} trains, from their type and classes`)
  }
  return notes
}
