import { fromDayNumber } from "@berth/domain/JourneyDate"
import { derivedClasses, derivedCoaches, templateOf } from "@berth/domain/rules/CompositionTemplates"
import { derivedPools } from "@berth/domain/rules/QuotaShares"
import type { FeedStation } from "./FeedStops.ts"
import type { FeedTrain } from "./FeedTrains.ts"
import type { PathStop } from "./TripPath.ts"

const trainTypeCharactersMax = 60

/** By the extended route types of GTFS, where neither description nor name tells. */
const routeTypeNames: Readonly<Record<number, string>> = {
  101: "High speed",
  102: "Long distance",
  103: "Inter-regional",
  105: "Sleeper",
  106: "Regional",
  107: "Tourist",
  108: "Shuttle",
  109: "Suburban"
}

const templateOfTrain = (train: FeedTrain) => templateOf({ trainType: train.description, name: train.name })

/** A short description is the type, as `Superfast`; a long one describes something else. */
export const trainTypeOf = (train: FeedTrain): string => {
  const { description } = train
  const isType = description !== "" && description.length <= trainTypeCharactersMax && !/\p{Cc}/u.test(description)
  return isType ? description : templateOfTrain(train)?.trainType ?? routeTypeNames[train.routeType] ?? "Train"
}

/** The seat configuration of a train that has none, derived from its type and classes. */
export const seatConfigRows = (train: FeedTrain) => {
  const template = templateOfTrain(train)
  const metres = Math.max(...train.services.map(({ stops }) => stops.at(-1)?.metres ?? 0))
  const classes = train.classes.size > 0 ? train.classes : derivedClasses(template, metres)
  return derivedPools(derivedCoaches(template, classes)).map((pool) => ({
    train_id: train.id,
    travel_class: pool.travelClass,
    quota: pool.quota,
    berth: pool.berth,
    seat_count: pool.seatCount
  }))
}

export const serviceRows = (train: FeedTrain) =>
  train.services.map(({ pattern, routeId }, index) => ({
    train_id: train.id,
    service_number: index + 1,
    route_id: routeId,
    weekdays: pattern.weekdays,
    first_date: fromDayNumber(pattern.firstDay),
    last_date: fromDayNumber(pattern.lastDay)
  }))

export const exceptionRows = (train: FeedTrain) =>
  train.services.flatMap(({ pattern }, index) =>
    pattern.exceptions.map(({ day, runs }) => ({
      train_id: train.id,
      service_number: index + 1,
      date: fromDayNumber(day),
      runs
    }))
  )

export const routeStopRows = (routeId: string, stops: ReadonlyArray<PathStop>) =>
  stops.map((stop, index) => ({
    route_id: routeId,
    stop_index: index,
    station_code: stop.station,
    arrival_seconds: stop.arrivalSeconds,
    departure_seconds: stop.departureSeconds,
    metres: stop.metres
  }))

export const stationRow = ({ code, name, place }: FeedStation) => ({
  code,
  name,
  latitude: place?.latitude ?? null,
  longitude: place?.longitude ?? null
})

export const trainRow = (train: FeedTrain, source: string) => ({
  id: train.id,
  name: train.name,
  train_type: trainTypeOf(train),
  time_zone: train.timeZone,
  source
})
