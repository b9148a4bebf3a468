import type { TravelClass } from "@berth/domain/TravelClass"
import { Effect } from "effect"
import { agencyTable, classesTable, feedInfoTable, frequenciesTable, routesTable, tripsTable } from "./FeedSchema.ts"
import { type FeedReading, readTable } from "./FeedTable.ts"
import type { SkipTally } from "./SkipTally.ts"

export interface FeedRoute {
  readonly id: string
  readonly agencyId: string
  readonly timeZone: string
  readonly type: number
  readonly shortName: string | undefined
  readonly longName: string | undefined
  readonly description: string | undefined
}

export interface FeedTrip {
  readonly id: string
  readonly line: number
  readonly route: FeedRoute
  readonly serviceId: string
  readonly shortName: string | undefined
  readonly headsign: string | undefined
  readonly classes: Set<TravelClass>
}

/** Rail, and the kinds of rail of the extended route types. */
const isRail = (routeType: number): boolean => routeType === 2 || (routeType >= 100 && routeType <= 117)

/** Rail trips by id, and who published them. Trips of other routes are counted alone: a nation has millions of buses. */
export const readTrips = Effect.fnUntraced(function*(reading: FeedReading, skips: SkipTally) {
  const { log } = reading
  const agencies = new Map<string, { readonly name: string; readonly timeZone: string }>()
  yield* readTable(reading, agencyTable, (row) => {
    agencies.set(row.agency_id ?? "", { name: row.agency_name, timeZone: row.agency_timezone })
  })
  let publisher = Array.from(agencies.values(), ({ name }) => name).join(", ")
  yield* readTable(reading, feedInfoTable, (row) => {
    publisher = [row.feed_publisher_name, row.feed_version ?? []].flat().join(", version ")
  })

  const routes = new Map<string, FeedRoute | "not rail">()
  yield* readTable(reading, routesTable, (row, line) => {
    if (routes.has(row.route_id)) {
      return log.add(routesTable.file, line, "route_id", `${JSON.stringify(row.route_id)} stands twice in this file`)
    }
    if (!isRail(row.route_type)) {
      routes.set(row.route_id, "not rail")
      return
    }
    const only = agencies.size === 1 ? Array.from(agencies.values())[0] : undefined
    const agency = only ?? agencies.get(row.agency_id ?? "")
    if (agency === undefined) {
      return log.add(
        routesTable.file,
        line,
        "agency_id",
        row.agency_id === undefined
          ? "it is required where agency.txt has several agencies"
          : `${JSON.stringify(row.agency_id)} is not in agency.txt`
      )
    }
    routes.set(row.route_id, {
      id: row.route_id,
      agencyId: row.agency_id ?? "",
      timeZone: agency.timeZone,
      type: row.route_type,
      shortName: row.route_short_name,
      longName: row.route_long_name,
      description: row.route_desc
    })
  })

  const trips = new Map<string, FeedTrip>()
  yield* readTable(reading, tripsTable, (row, line) => {
    const route = routes.get(row.route_id)
    if (route === undefined) {
      return log.add(tripsTable.file, line, "route_id", `${JSON.stringify(row.route_id)} is not in routes.txt`)
    }
    if (route === "not rail") return skips.count("trips that are not rail")
    if (trips.has(row.trip_id)) {
      return log.add(tripsTable.file, line, "trip_id", `${JSON.stringify(row.trip_id)} stands twice in this file`)
    }
    trips.set(row.trip_id, {
      id: row.trip_id,
      line,
      route,
      serviceId: row.service_id,
      shortName: row.trip_short_name,
      headsign: row.trip_headsign,
      classes: new Set()
    })
  })
  yield* readTable(reading, frequenciesTable, (row) => {
    // Several departures under one trip can't be told apart on a ticket.
    if (trips.delete(row.trip_id)) skips.count("trips by frequency (frequencies.txt)")
  })
  yield* readTable(reading, classesTable, (row) => {
    trips.get(row.trip_id)?.classes.add(row.travel_class)
  })
  return { trips, publisher }
})
