import { stopsPerRouteMax } from "@berth/domain/LegRange"
import type { Feed } from "./FeedReader.ts"
import type { FeedTrip } from "./FeedTrips.ts"
import { type DistanceUnit, distanceUnit, metresPerUnit, statedDistances, straightMetres } from "./RouteMetres.ts"
import type { StopTime } from "./StopTimeColumns.ts"
import { type TripPath, tripPath } from "./TripPath.ts"

export interface PlacedTrip {
  readonly trip: FeedTrip
  readonly path: TripPath
}

export interface TripPaths {
  readonly unit: DistanceUnit
  /** Trips whose kilometres are straight lines between coordinates, for want of usable distances. */
  readonly computed: number
  readonly trips: ReadonlyArray<PlacedTrip>
}

const statedOf = (times: ReadonlyArray<StopTime>): Array<number> | undefined =>
  statedDistances(times.map(({ distance }) => distance))

/** The paths of all trips that can be sold; the others are counted by reason, and what is wrong goes to the feed's log. */
export const tripPaths = (feed: Feed): TripPaths => {
  const { skips, stops, stopTimes } = feed
  const stopTimesOf = stopTimes.byTrip(feed.trips.length)
  const stationOf = (stop: number): string => stops.stationOf(stop).code
  const straightOf = (times: ReadonlyArray<StopTime>): Array<number> =>
    straightMetres(times.map(({ stop }) => stops.placeOf(stop)))

  const unit = distanceUnit(feed.trips.flatMap((_, index) => {
    const times = stopTimesOf(index)
    const stated = statedOf(times)?.at(-1)
    return stated === undefined ? [] : [{ stated, straightMetres: straightOf(times).at(-1) ?? 0 }]
  }))

  let computed = 0
  const trips = feed.trips.flatMap((trip, index): ReadonlyArray<PlacedTrip> => {
    const times = stopTimesOf(index)
    const stated = unit === "unknown" ? undefined : statedOf(times)?.map((distance) => distance * metresPerUnit[unit])
    const metres = (stated ?? straightOf(times)).map(Math.round)
    if (times.length < 2) {
      skips.count("trips with fewer than two stops")
      return []
    }
    const path = tripPath(times, metres, stationOf, feed.log)
    if (path === undefined) return []
    if (path.stops.length < 2) {
      skips.count("trips with fewer than two stops")
      return []
    }
    if (path.stops.length > stopsPerRouteMax) {
      skips.count(`trips with more than ${stopsPerRouteMax} stops`)
      return []
    }
    if (stated === undefined) computed++
    return [{ trip, path }]
  })
  return { unit, computed, trips }
}
