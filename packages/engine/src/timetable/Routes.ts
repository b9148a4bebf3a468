import { stopsPerRouteMax } from "@berth/domain/LegRange"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { StationCode } from "@berth/domain/StationCode"
import { Cache, Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { fromStore } from "../ledger/LedgerError.ts"

const RouteStop = Schema.Struct({
  code: StationCode,
  name: Schema.String,
  /** Seconds since midnight of the journey day, in the train's time zone. */
  arrivalSeconds: Schema.Int,
  departureSeconds: Schema.Int,
  metres: Schema.Int
})

/** Stops of a route, in order; a route never changes. */
export interface Route {
  readonly id: string
  readonly stops: ReadonlyArray<typeof RouteStop.Type>
  /** Index of each station; a route that calls twice is known by its first call. */
  readonly stopIndex: ReadonlyMap<StationCode, number>
}

/** How many legs a route has: one fewer than its stops. */
export const legsOf = (route: Route): number => route.stops.length - 1

/** Midnights that a train passes on a route. */
export const daysOf = (route: Route): number => Math.floor((route.stops.at(-1)?.arrivalSeconds ?? 0) / 86_400)

/** Routes kept in memory; a nation has a few thousand. */
const routesMax = 8192

export class Routes extends Context.Service<Routes, {
  get(routeId: string): Effect.Effect<Route, StoreUnavailable>
}>()("@berth/engine/timetable/Routes") {
  static readonly layer = Layer.effect(
    Routes,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const select = SqlSchema.findAll({
        Request: Schema.String,
        Result: RouteStop,
        execute: (routeId) =>
          sql`
            SELECT s.code, s.name, r.arrival_seconds AS "arrivalSeconds", r.departure_seconds AS "departureSeconds",
              r.metres
            FROM route_stop r JOIN station s ON s.code = r.station_code
            WHERE r.route_id = ${routeId} ORDER BY r.stop_index LIMIT ${stopsPerRouteMax}`
      })
      const cache = yield* Cache.makeWith(
        (routeId: string) =>
          Effect.map(fromStore(select(routeId)), (stops): Route => ({
            id: routeId,
            stops,
            stopIndex: new Map(stops.map((stop, index) => [stop.code, index] as const).toReversed())
          })),
        { capacity: routesMax, timeToLive: (exit) => exit._tag === "Success" ? "1 hour" : 0 }
      )
      return Routes.of({ get: (routeId) => Cache.get(cache, routeId) })
    })
  )
}
