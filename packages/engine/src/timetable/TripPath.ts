import { createHash } from "node:crypto"
import type { ProblemLog } from "./ProblemLog.ts"
import type { StopTime } from "./StopTimeColumns.ts"

const daySeconds = 86_400
const file = "stop_times.txt"

export interface PathStop {
  readonly station: string
  readonly arrivalSeconds: number
  readonly departureSeconds: number
  readonly metres: number
}

export interface TripPath {
  /** Where and when the trip calls, times since midnight of the day on which it leaves its origin. */
  readonly stops: ReadonlyArray<PathStop>
  /** Days from the service day of the feed to the day on which the trip leaves its origin. */
  readonly shiftDays: number
}

/** The name of a route: a hash of what it consists of. */
export const routeIdOf = (stops: ReadonlyArray<PathStop>): string => {
  const hash = createHash("sha256")
  for (const stop of stops) {
    hash.update(`${stop.station} ${stop.arrivalSeconds} ${stop.departureSeconds} ${stop.metres}\n`)
  }
  return hash.digest("hex")
}

/** Arrivals and departures with the missing ones between two known times set by distance; undefined if it can't be. */
export const filledTimes = (
  stops: ReadonlyArray<StopTime>,
  metres: ReadonlyArray<number>,
  log: ProblemLog
): Array<readonly [arrival: number, departure: number]> | undefined => {
  const times = stops.map(({ arrival, departure }) => {
    const first = arrival ?? departure
    return first === undefined ? undefined : [first, departure ?? first] as const
  })
  for (const index of [0, stops.length - 1]) {
    if (times[index] !== undefined) continue
    const which = index === 0 ? "first" : "last"
    log.add(file, stops[index]?.line ?? null, "arrival_time", `the ${which} stop of a trip needs its time`)
    return undefined
  }
  let before = 0
  return times.map((time, index) => {
    if (time !== undefined) {
      before = index
      return time
    }
    const after = times.findIndex((known, at) => at > index && known !== undefined)
    const start = times[before]?.[1] ?? 0
    const end = times[after]?.[0] ?? start
    const length = (metres[after] ?? 0) - (metres[before] ?? 0)
    const share = length > 0
      ? ((metres[index] ?? 0) - (metres[before] ?? 0)) / length
      : (index - before) / (after - before)
    const seconds = Math.round(start + (end - start) * share)
    return [seconds, seconds] as const
  })
}

/** The path of a trip from its stops in order, or undefined with the reason in the log. */
export const tripPath = (
  stops: ReadonlyArray<StopTime>,
  metres: ReadonlyArray<number>,
  stationOf: (stop: number) => string,
  log: ProblemLog
): TripPath | undefined => {
  const times = filledTimes(stops, metres, log)
  if (times === undefined) return undefined
  const path: Array<PathStop> = []
  let clock = 0
  for (const [index, stop] of stops.entries()) {
    const [arrival, departure] = times[index] ?? [0, 0]
    if (stop.sequence === stops[index - 1]?.sequence) {
      log.add(file, stop.line, "stop_sequence", `${stop.sequence} stands twice in this trip`)
      return undefined
    }
    if (departure < arrival || arrival < clock) {
      const column = departure < arrival ? "departure_time" : "arrival_time"
      const than = departure < arrival ? "the arrival" : "the departure from the stop before"
      log.add(file, stop.line, column, `it is earlier than ${than}`)
      return undefined
    }
    clock = departure
    const isEnd = index === 0 || index === stops.length - 1
    if (stop.isPassed && !isEnd) continue
    const station = stationOf(stop.stop)
    const last = path.at(-1)
    // From one platform to another of the same station is no leg.
    if (last?.station === station) path[path.length - 1] = { ...last, departureSeconds: departure }
    else path.push({ station, arrivalSeconds: arrival, departureSeconds: departure, metres: metres[index] ?? 0 })
  }
  return fromOrigin(path)
}

/** A trip that leaves its origin after 24:00 belongs to the next day, where its passengers will look for it. */
const fromOrigin = (path: ReadonlyArray<PathStop>): TripPath => {
  const shiftDays = Math.floor((path[0]?.departureSeconds ?? 0) / daySeconds)
  const shift = shiftDays * daySeconds
  const origin = path[0]?.metres ?? 0
  const stops = path.map((stop, index) => {
    const arrival = stop.arrivalSeconds - shift
    const departure = stop.departureSeconds - shift
    return {
      station: stop.station,
      // Nobody arrives at the origin or departs from the terminus, and feeds put anything there.
      arrivalSeconds: index === 0 ? departure : arrival,
      departureSeconds: index === path.length - 1 ? arrival : departure,
      metres: stop.metres - origin
    }
  })
  return { stops, shiftDays }
}
