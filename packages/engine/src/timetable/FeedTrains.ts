import type { TravelClass } from "@berth/domain/TravelClass"
import { Array as Arr } from "effect"
import { idsOf, nameCharactersMax, notInTrainId, shortened } from "./FeedIds.ts"
import type { Feed } from "./FeedReader.ts"
import type { FeedTrip } from "./FeedTrips.ts"
import { patternOf, type RunningDays, type RunningPattern, sortedDays } from "./RunningDays.ts"
import { type PathStop, routeIdOf } from "./TripPath.ts"
import type { PlacedTrip } from "./TripPaths.ts"

/** One of the ways a train goes, and when. */
export interface TrainService {
  readonly routeId: string
  readonly stops: ReadonlyArray<PathStop>
  readonly pattern: RunningPattern
}

export interface FeedTrain {
  readonly id: string
  readonly name: string
  /** What the feed says of its kind; often nothing. */
  readonly description: string
  readonly routeType: number
  readonly timeZone: string
  readonly classes: ReadonlySet<TravelClass>
  readonly services: ReadonlyArray<TrainService>
}

interface TripRuns extends PlacedTrip {
  readonly days: RunningDays
}

/**
 * Trips of one name are one train. Where two of them run on the same day the first in the feed keeps the day, with a
 * warning: a ticket could not say which it is for. A line's name that several trips a day share is no train's name;
 * its trips go by their own ids.
 */
export const feedTrains = (
  feed: Feed,
  placed: ReadonlyArray<PlacedTrip>,
  warn: (warning: string) => void
): Array<FeedTrain> => {
  const runs = placed.flatMap(({ path, trip }): ReadonlyArray<TripRuns> => {
    const days = feed.services.get(trip.serviceId) ?? []
    if (days.length > 0) return [{ path, trip, days: days.map((day) => day + path.shiftDays) }]
    feed.skips.count("trips without a running day from 2020 to 2099")
    return []
  })
  const trains = new Map<string, { readonly name: string; readonly trips: Arr.NonEmptyReadonlyArray<TripRuns> }>()
  for (const [key, trips] of Object.entries(Arr.groupBy(runs, ({ trip }) => trainKey(trip)))) {
    const { trip } = trips[0]
    if (trip.shortName === undefined && sharesDay(trips)) {
      for (const run of trips) trains.set(`${key} ${run.trip.id}`, { name: run.trip.id, trips: [run] })
    } else {
      trains.set(key, { name: nameOf(trip), trips })
    }
  }
  const ids = idsOf(Array.from(trains, ([key, { name }]) => ({ key, name })), notInTrainId)
  return Array.from(trains, ([key, { trips }]) => trainOf(ids.get(key) ?? key, trips, feed, warn))
}

const nameOf = (trip: FeedTrip): string => trip.shortName ?? trip.route.shortName ?? trip.id

/** Agencies number their trains without asking each other. */
const trainKey = (trip: FeedTrip): string =>
  [trip.route.agencyId, trip.shortName === undefined ? "line" : "train", nameOf(trip)].join(" ")

const sharesDay = (trips: ReadonlyArray<TripRuns>): boolean => {
  if (trips.length < 2) return false
  const taken = new Set<number>()
  return trips.some(({ days }) =>
    days.some((day) => {
      const isTaken = taken.has(day)
      taken.add(day)
      return isTaken
    })
  )
}

const trainOf = (
  id: string,
  trips: Arr.NonEmptyReadonlyArray<TripRuns>,
  feed: Feed,
  warn: (warning: string) => void
): FeedTrain => {
  const takenBy = new Map<number, string>()
  const routes = new Map<string, { readonly stops: ReadonlyArray<PathStop>; readonly days: RunningDays }>()
  for (const { days, path, trip } of trips) {
    const free = days.filter((day) => !takenBy.has(day))
    if (free.length < days.length) {
      const other = days.map((day) => takenBy.get(day)).find((taker) => taker !== undefined)
      warn(
        `Train ${id}: on ${days.length - free.length} days trip ${trip.id} and trip ${other} both run; ${other} is kept`
      )
    }
    if (free.length === 0) {
      feed.skips.count("trips whose days another trip of the train has")
      continue
    }
    if (trips.length > 1) { for (const day of free) takenBy.set(day, trip.id) }
    const routeId = routeIdOf(path.stops)
    routes.set(routeId, { stops: path.stops, days: sortedDays([...free, ...routes.get(routeId)?.days ?? []]) })
  }
  const services = Array.from(routes, ([routeId, { days, stops }]) => ({ routeId, stops, pattern: patternOf(days) }))
    .toSorted((a, b) => a.pattern.firstDay - b.pattern.firstDay || (a.routeId < b.routeId ? -1 : 1))
  const { headsign, route } = trips[0].trip
  return {
    id,
    name: shortened(route.longName ?? route.shortName ?? headsign ?? id, nameCharactersMax),
    description: route.description ?? "",
    routeType: route.type,
    timeZone: route.timeZone,
    classes: new Set(trips.flatMap(({ trip }) => Array.from(trip.classes))),
    services
  }
}
