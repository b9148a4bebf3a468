import { Schema } from "effect"
import type { Database } from "./Database.ts"
import type { Driver } from "./Driver.ts"
import type { JobResult } from "./driver/Job.ts"
import { hotTrain, legs, legsOfJourney, ordinaryTrain, stationAt, type TrainSet, warmUpTrain } from "./Network.ts"
import { httpRequest } from "./Requests.ts"

/**
 * Calls under way at once where the highest rate is looked for. With fewer, commits wait for bookings rather than
 * bookings for commits: 64 were measured to leave a part of the processors idle.
 */
export const manyConnections = 256

const runsOfSale = 1_000

export interface RunName {
  readonly trainId: string
  readonly date: string
}

const RunRow = Schema.Struct({ trainId: Schema.String, date: Schema.String })

/**
 * Runs of a set of trains with the usual make-up, the soonest first, or of all of them; today's are left out, for they may
 * have left.
 */
export const ordinaryRuns = (
  database: Database,
  set: TrainSet | "all",
  count = runsOfSale
): Promise<ReadonlyArray<RunName>> =>
  database.rows(
    RunRow,
    `SELECT train_id AS "trainId", to_char(date, 'YYYY-MM-DD') AS date FROM run
    WHERE train_id NOT IN ('${hotTrain}', '${warmUpTrain}') AND ${
      set === "all" ? "true" : `train_id BETWEEN '${ordinaryTrain(0, set)}' AND '${ordinaryTrain(998, set)}'`
    } AND date > (now() AT TIME ZONE 'Asia/Kolkata')::date
    ORDER BY run.date, train_id LIMIT ${Number.isFinite(count) ? count : "ALL"}`
  )

/** The days of a hot train. */
export const hotRuns = (database: Database, train: string): Promise<ReadonlyArray<RunName>> =>
  database.rows(
    RunRow,
    `SELECT train_id AS "trainId", to_char(date, 'YYYY-MM-DD') AS date FROM run
    WHERE train_id = '${train}' AND date > (now() AT TIME ZONE 'Asia/Kolkata')::date ORDER BY run.date`
  )

/** A booking of two over half of the route, the n-th journey of as many as there are. */
export const bookingOn = ({ date, trainId }: RunName, n: number) => {
  const from = n % (legs - legsOfJourney + 1)
  return {
    trainId,
    date,
    travelClass: "SL",
    quota: "GENERAL",
    from: stationAt(from, trainId),
    to: stationAt(from + legsOfJourney, trainId),
    passengers: [{ name: "First Traveller", age: 30 }, { name: "Second Traveller", age: 31 }]
  }
}

/** A booking of two over the whole route, which would rather have nothing than wait. */
export const hotBookingOn = ({ date, trainId }: RunName) => ({
  trainId,
  date,
  travelClass: "SL",
  quota: "GENERAL",
  passengers: [{ name: "First Traveller", age: 30 }, { name: "Second Traveller", age: 31 }],
  conditions: { onlyIfConfirmed: true }
})

/** Where bookings are sent: Berth, or the peer, which asks for no token. */
export interface Counter {
  readonly url: string
  readonly token?: string
}

export const bookingRequest = ({ token, url }: Counter, body: unknown): Uint8Array =>
  httpRequest({
    url,
    method: "POST",
    path: "/api/bookings",
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    body
  })

/** Every journey on every run: more requests than a load sends, or nearly. */
export const spreadRequests = (counter: Counter, runs: ReadonlyArray<RunName>): ReadonlyArray<Uint8Array> =>
  Array.from(
    { length: legs - legsOfJourney + 1 },
    (_, journey) => runs.map((run, index) => bookingRequest(counter, bookingOn(run, journey + index)))
  ).flat()

const callsMax = 400_000

/**
 * Sends requests to a server, as fast as they are answered or at a fixed rate. Each connection asks for something else
 * first: who waits for a sale to begin is connected by then, and what is measured is the sale.
 */
export const sendHttp = (
  driver: Driver,
  { requests, url, ...load }: {
    readonly url: string
    readonly requests: ReadonlyArray<Uint8Array>
    readonly seconds: number
    readonly calls?: number
    readonly connections?: number
    readonly ratePerSecond?: number
  }
): Promise<JobResult> =>
  driver.run({
    protocol: "http",
    host: new URL(url).hostname,
    port: Number(new URL(url).port),
    opening: httpRequest({ url, method: "GET", path: "/health/live", headers: {} }),
    requests,
    connections: load.connections ?? manyConnections,
    callsPerConnection: 1,
    calls: load.calls ?? callsMax,
    millis: load.seconds * 1000,
    ratePerSecond: load.ratePerSecond ?? null
  })

/** Answers of a kind a second. */
export const rateOf = ({ answers, seconds }: JobResult, kind: string): number => (answers[kind] ?? 0) / seconds

/** What was answered, in words; what a section does not expect is seen here. */
export const answersIn = (results: ReadonlyArray<JobResult>): string => {
  const counts = new Map<string, number>()
  for (const [kind, count] of results.flatMap(({ answers }) => Object.entries(answers))) {
    counts.set(kind, (counts.get(kind) ?? 0) + count)
  }
  return [...counts].map(([kind, count]) => `${count} × ${kind}`).join(", ")
}

export const driverNote = (results: ReadonlyArray<JobResult>): string =>
  `the driver itself ${Math.round(Math.max(...results.map(({ driverMicros }) => driverMicros)))} µs a call`
