import { BookingRequest } from "@berth/domain/BookingRequest"
import { addDays } from "@berth/domain/JourneyDate"
import { TrainId } from "@berth/domain/TrainId"
import { UserId } from "@berth/domain/UserId"
import * as Engine from "@berth/engine/Engine"
import * as Migrations from "@berth/engine/ledger/Migrations"
import { StoreClock } from "@berth/engine/ledger/StoreClock"
import { AvailabilityReader } from "@berth/engine/sale/AvailabilityReader"
import { Book } from "@berth/engine/sale/Book"
import { Audit } from "@berth/engine/seeding/Audit"
import * as Scheduler from "@berth/scheduler/Scheduler"
import { Tokens } from "@berth/server/Tokens"
import { Context, Effect, Layer, Schedule, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { databaseAs, redisAs, Stores } from "./LeastPrivilege.ts"

export const trainId = TrainId.make("T1")
export const caller = { userId: UserId.make("user_1"), role: "passenger" } as const
const routeId = "0".repeat(64)

/** What an import does, as the migrator: a train that runs every day, with thirty berths. */
const makeTrain = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO station (code, name) VALUES ('AAA', 'A'), ('BBB', 'B'), ('CCC', 'C')`
  yield* sql`INSERT INTO route (id) VALUES (${routeId})`
  yield* sql`INSERT INTO route_stop VALUES (${routeId}, 0, 'AAA', 36000, 36000, 0),
    (${routeId}, 1, 'BBB', 43200, 43200, 100000), (${routeId}, 2, 'CCC', 50400, 50400, 200000)`
  yield* sql`INSERT INTO train (id, name, train_type, time_zone, source, composition_derived)
    VALUES (${trainId}, 'Train', 'Express', 'Asia/Kolkata', 'made by a test', false)`
  yield* sql`INSERT INTO train_service VALUES (${trainId}, 0, ${routeId}, 127, '2020-01-01', '2099-12-31')`
  yield* sql`INSERT INTO train_seat_config VALUES (${trainId}, 'SL', 'GN', 'LB', 30)`
})

const asMigrator = Layer.effectDiscard(makeTrain).pipe(
  Layer.provideMerge(Migrations.layer),
  Layer.provide(databaseAs("berth_migrator"))
)

const as = (role: "berth_server" | "berth_scheduler") => Layer.merge(databaseAs(role), redisAs(role))

class Server extends Context.Service<
  Server,
  Context.Context<Layer.Success<typeof serverLayer>>
>()("test/Server") {}

class Timekeeper extends Context.Service<
  Timekeeper,
  Context.Context<Layer.Success<typeof schedulerLayer>>
>()("test/Timekeeper") {}

const serverLayer = Tokens.layer.pipe(Layer.provideMerge(Engine.layer), Layer.provideMerge(as("berth_server")))
const schedulerLayer = Layer.merge(Scheduler.layer, Audit.layer).pipe(
  Layer.provideMerge(Engine.layer),
  Layer.provideMerge(as("berth_scheduler"))
)

// Two engines side by side, as two processes would be: a layer is built once in a build, so each has a build of its own.
export const processes = Layer.merge(
  Layer.effect(Server, Layer.build(Layer.fresh(serverLayer))),
  Layer.effect(Timekeeper, Layer.build(Layer.fresh(schedulerLayer)))
).pipe(Layer.provide(asMigrator), Layer.provideMerge(Stores.layer))

export const onServer = <A, E, R>(self: Effect.Effect<A, E, R | Layer.Success<typeof serverLayer>>) =>
  Effect.flatMap(Server, (server) => Effect.provide(self, server))

export const onScheduler = <A, E, R>(self: Effect.Effect<A, E, R | Layer.Success<typeof schedulerLayer>>) =>
  Effect.flatMap(Timekeeper, (scheduler) => Effect.provide(self, scheduler))

export const until = <E, R>(condition: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(condition, { schedule: Schedule.spaced("20 millis"), until: (holds) => holds })

const decodeRequest = Schema.decodeUnknownEffect(BookingRequest)

const date = Effect.gen(function*() {
  return addDays(yield* (yield* StoreClock).today("Asia/Kolkata"), 10)
})

export const book = (passengers: number) =>
  onServer(Effect.gen(function*() {
    const request = yield* decodeRequest({
      trainId,
      date: yield* date,
      travelClass: "SL",
      quota: "GN",
      passengers: Array.from({ length: passengers }, () => ({ name: "Example", age: 30 }))
    })
    return (yield* (yield* Book).book({ caller, request, key: undefined })).booking
  }))

export const free = onServer(Effect.gen(function*() {
  const { classes } = yield* (yield* AvailabilityReader).availability({ trainId, date: yield* date })
  return classes[0]?.quotas[0]?.free ?? -1
}))

export const isOpen = onScheduler(Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  return (yield* sql`SELECT FROM run WHERE state <> 'OPEN'`).length === 0 &&
    (yield* sql`SELECT FROM run LIMIT 1`).length === 1
}))
