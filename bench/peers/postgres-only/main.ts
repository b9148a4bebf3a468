/**
 * The peer without Redis: Berth's HTTP stack and payload, and each booking a single prepared statement that locks berths
 * which nobody else is about to take.
 */
import "effect/schema/SchemaJITCompiler/enable"
import type { BookingRequest } from "@berth/domain/BookingRequest"
import { berthAt } from "@berth/domain/CoachLayout"
import { coachLayouts } from "@berth/domain/rules/CoachLayouts"
import { readBooking } from "@berth/server/BookingBody"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { PgClient } from "@effect/sql-pg"
import { Config, Console, Effect, Layer, Schema } from "effect"
import { HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"
import { stationAt } from "../../Network.ts"

const connectionsMax = 16

const statement = `
  WITH picked AS (
    SELECT slot FROM postgres_only.seat
    WHERE run_id = $1 AND travel_class = $2 AND quota = $3 AND sold & $4::bigint = 0
    ORDER BY slot LIMIT $5 FOR UPDATE SKIP LOCKED
  ), enough AS (
    SELECT count(*) = $5 AS so FROM picked
  ), taken AS (
    UPDATE postgres_only.seat s SET sold = s.sold | $4::bigint FROM picked p, enough
    WHERE enough.so AND s.run_id = $1 AND s.travel_class = $2 AND s.quota = $3 AND s.slot = p.slot
    RETURNING s.slot
  ), made AS (
    INSERT INTO postgres_only.booking (run_id, user_id, travel_class, quota, from_stop, to_stop)
    SELECT $1, $6, $2, $3, $7, $8 FROM enough WHERE so RETURNING pnr, created_at
  ), seated AS (
    INSERT INTO postgres_only.passenger (pnr, number, name, age, gender, wish, slot)
    SELECT made.pnr, p.number, p.name, p.age, p.gender, p.berth, t.slot
    FROM made, (SELECT slot, row_number() OVER (ORDER BY slot) AS number FROM taken) t
    JOIN (
      SELECT row_number() OVER () AS number, r.* FROM jsonb_to_recordset($9::jsonb)
        AS r(name text, age smallint, gender text, berth text)
    ) p USING (number)
    RETURNING slot
  )
  SELECT made.pnr::text AS pnr, made.created_at::text AS "bookedAt", (SELECT array_agg(slot ORDER BY slot) FROM taken) AS slots
  FROM made`

const Booked = Schema.Array(
  Schema.Struct({ pnr: Schema.String, bookedAt: Schema.String, slots: Schema.Array(Schema.Int) })
)
const decodeBooked = Schema.decodeUnknownEffect(Booked)

/** The bits of legs [from, to), as a number that PostgreSQL reads as a bigint. */
const legsMask = (from: number, to: number): number => 2 ** to - 2 ** from

const stopAt = (station: string | undefined, otherwise: number): number =>
  station === undefined ? otherwise : Number(station.slice(stationAt(0).search(/\d/)))

const lastStop = 20

const toAnswer = (request: BookingRequest, { bookedAt, pnr, slots }: (typeof Booked.Type)[number]) => ({
  pnr,
  status: "CONFIRMED",
  trainId: request.trainId,
  date: request.date,
  from: request.from ?? stationAt(0),
  to: request.to ?? stationAt(lastStop),
  travelClass: request.travelClass,
  quota: request.quota,
  userId: request.userId ?? "bench",
  bookedAt,
  passengers: request.passengers.map(({ age, gender, name }, index) => {
    const place = berthAt(coachLayouts[request.travelClass], slots[index] ?? -1)
    return {
      number: index + 1,
      name,
      age,
      ...(gender === undefined ? {} : { gender }),
      status: "CONFIRMED",
      coach: place.coach,
      seat: place.name,
      berth: place.berthType
    }
  })
})

const bookings = HttpRouter.use(
  Effect.fnUntraced(function*(router) {
    const sql = yield* PgClient.PgClient
    const runs = new Map(
      (yield* sql`SELECT train_id || to_char(date, ' YYYY-MM-DD') AS name, id FROM postgres_only.run`)
        .map(({ id, name }) => [String(name), Number(id)] as const)
    )
    const book = (request: BookingRequest) => {
      const from = stopAt(request.from, 0)
      const to = stopAt(request.to, lastStop)
      return sql.unsafe(statement, [
        runs.get(`${request.trainId} ${request.date}`) ?? 0,
        request.travelClass,
        request.quota,
        legsMask(from, to),
        request.passengers.length,
        request.userId ?? "bench",
        from,
        to,
        JSON.stringify(request.passengers)
      ]).pipe(
        Effect.flatMap(decodeBooked),
        Effect.map(([booked]) =>
          booked === undefined
            ? HttpServerResponse.jsonUnsafe({ _tag: "SoldOut" }, { status: 409 })
            : HttpServerResponse.jsonUnsafe(toAnswer(request, booked), {
              status: 201,
              headers: { location: `/api/bookings/${booked.pnr}` }
            })
        ),
        Effect.orDie
      )
    }
    yield* router.add("GET", "/health/live", HttpServerResponse.jsonUnsafe({ status: "ok" }))
    yield* router.add("POST", "/api/bookings", (request) => Effect.flatMap(Effect.orDie(readBooking(request)), book))
  })
)

const announce = Effect.flatMap(
  HttpServer.HttpServer,
  ({ address }) => Console.log(`serves at ${HttpServer.formatAddress(address)}`)
)

const postgres = PgClient.layerConfig({
  url: Config.Redacted("DATABASE_URL"),
  minConnections: Config.succeed(connectionsMax),
  maxConnections: Config.succeed(connectionsMax)
})

Layer.effectDiscard(announce).pipe(
  Layer.provide(
    HttpRouter.serve(bookings, { disableLogger: true, disableListenLog: true })
  ),
  Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })),
  Layer.provide(postgres),
  Layer.launch,
  NodeRuntime.runMain
)
