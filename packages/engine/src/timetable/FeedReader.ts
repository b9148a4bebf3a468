import { Effect } from "effect"
import type { FeedFiles } from "./FeedFiles.ts"
import {
  agencyTable,
  calendarDatesTable,
  calendarTable,
  routesTable,
  stopsTable,
  stopTimesTable,
  tripsTable
} from "./FeedSchema.ts"
import { readServices } from "./FeedServices.ts"
import { type FeedStops, readStops } from "./FeedStops.ts"
import { type FeedReading, readTable } from "./FeedTable.ts"
import { type FeedTrip, readTrips } from "./FeedTrips.ts"
import type { ReportProgress } from "./ImportProgress.ts"
import { ProblemLog } from "./ProblemLog.ts"
import type { RunningDays } from "./RunningDays.ts"
import { SkipTally } from "./SkipTally.ts"
import { StopTimeColumns } from "./StopTimeColumns.ts"

/** A feed as it was read: each row sound, each reference found. */
export interface Feed {
  readonly publisher: string
  readonly stops: FeedStops
  readonly services: ReadonlyMap<string, RunningDays>
  readonly trips: ReadonlyArray<FeedTrip>
  readonly stopTimes: StopTimeColumns
  readonly skips: SkipTally
  /** For what only the whole can show. */
  readonly log: ProblemLog
}

export const readFeed = Effect.fn("FeedReader.readFeed")(function*(feed: FeedFiles, report: ReportProgress) {
  const log = new ProblemLog(feed.path)
  const reading: FeedReading = { feed, log, report }
  for (const { file } of [agencyTable, stopsTable, routesTable, tripsTable, stopTimesTable]) {
    if (!feed.bytes.has(file)) log.add(file, null, null, "this required file is missing")
  }
  if (!feed.bytes.has(calendarTable.file) && !feed.bytes.has(calendarDatesTable.file)) {
    log.add(calendarTable.file, null, null, `neither it nor ${calendarDatesTable.file} is there, and one is required`)
  }
  yield* log.failIfAny

  const skips = new SkipTally()
  const { publisher, trips: tripsById } = yield* readTrips(reading, skips)
  const trips = Array.from(tripsById.values())
  const services = yield* readServices(reading, new Set(trips.map(({ serviceId }) => serviceId)))
  for (const { line, serviceId } of trips) {
    if (!services.has(serviceId)) {
      const id = JSON.stringify(serviceId)
      log.add(tripsTable.file, line, "service_id", `${id} is neither in calendar.txt nor in calendar_dates.txt`)
    }
  }
  const stops = yield* readStops(reading)

  const tripIndexes = new Map(trips.map(({ id }, index) => [id, index]))
  const stopTimes = new StopTimeColumns()
  yield* readTable(reading, stopTimesTable, (row, line) => {
    const trip = tripIndexes.get(row.trip_id)
    if (trip === undefined) return
    const stop = stops.indexOf(row.stop_id)
    if (stop === undefined) {
      return log.add(stopTimesTable.file, line, "stop_id", `${JSON.stringify(row.stop_id)} is not in stops.txt`)
    }
    stopTimes.push(trip, {
      line,
      sequence: row.stop_sequence,
      arrival: row.arrival_time,
      departure: row.departure_time,
      stop,
      isPassed: row.pickup_type === 1 && row.drop_off_type === 1,
      distance: row.shape_dist_traveled
    })
  })
  yield* log.failIfAny
  const read: Feed = { publisher, stops, services, trips, stopTimes, skips, log }
  return read
})
