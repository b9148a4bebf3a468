import { IdempotencyKey } from "@berth/domain/IdempotencyKey"
import { StationCode } from "@berth/domain/StationCode"
import { TrainId } from "@berth/domain/TrainId"
import { assert, describe, type Vitest } from "@effect/vitest"
import { Effect, type Layer, Redacted } from "effect"
import type { BookingClient } from "../src/BookingClient.ts"
import type { Connection } from "../src/Connection.ts"
import * as FollowingTest from "./FollowingTest.ts"
import { callersOf, from, to, trainId, unknownPnr } from "./LiveCallers.ts"
import { RunningBerth } from "./RunningBerth.ts"

const unknownTrain = TrainId.make("00000")

/** What every transport of `BookingClient` owes its callers, on a Berth with the sample network. */
export const suite = (
  it: Vitest.MethodsNonLive<RunningBerth>,
  name: string,
  layerOf: (connection: Connection) => Layer.Layer<BookingClient>,
  /** How many days ahead the journey is; its own for each suite, so that they do not see each other's bookings. */
  daysAhead: number
) => {
  const callers = callersOf(layerOf, daysAhead)
  const { as, clientOf, date, freeOf, journey, party } = callers

  describe(`BookingClient ${name}, with Berth`, () => {
    it.effect("reads the timetable without a token", () =>
      Effect.gen(function*() {
        const client = yield* as("nobody")
        const stations = yield* client.stations({ query: "howrah" })
        assert.include(stations.map(({ code }) => code), from)
        assert.strictEqual((yield* client.train({ trainId })).trainId, trainId)
        const trains = yield* client.search({ from, to, date: yield* date })
        assert.include(trains.map((train) => train.trainId), trainId)
        assert.isAbove(yield* freeOf(client), 0)
      }))

    it.effect("knows what is not there", () =>
      Effect.gen(function*() {
        const client = yield* as("user")
        const train = yield* Effect.flip(client.train({ trainId: unknownTrain }))
        assert.strictEqual(train._tag, "TrainNotFound")
        const station = yield* Effect.flip(client.search({ from: StationCode.make("XXXX"), to, date: yield* date }))
        assert.strictEqual(station._tag, "StationNotFound")
        const journeyBack = yield* Effect.flip(client.availability({ ...(yield* journey), from: to, to: from }))
        assert.strictEqual(journeyBack._tag, "JourneyNotOnTrain")
        const booking = yield* Effect.flip(client.show({ pnr: unknownPnr }))
        assert.strictEqual(booking._tag, "BookingNotFound")
      }))

    it.effect("refuses strangers", () =>
      Effect.gen(function*() {
        const { url } = yield* RunningBerth
        const nobody = yield* as("nobody")
        assert.strictEqual((yield* Effect.flip(nobody.bookings({})))._tag, "Unauthorized")
        const forged = yield* clientOf({ url, token: Redacted.make("berth_forged") })
        assert.strictEqual((yield* Effect.flip(forged.show({ pnr: unknownPnr })))._tag, "Unauthorized")
      }))

    it.effect("books berths, shows them and gives them back", () =>
      Effect.gen(function*() {
        const client = yield* as("user")
        const before = yield* freeOf(client)
        const booking = yield* client.book({ request: yield* party("Asha", "Ravi") })
        assert.strictEqual(booking.status, "CONFIRMED")
        assert.deepStrictEqual(booking.passengers.map((passenger) => passenger.name), ["Asha", "Ravi"])
        assert.deepStrictEqual(yield* client.show({ pnr: booking.pnr }), booking)
        assert.strictEqual((yield* client.bookings({})).bookings[0]?.pnr, booking.pnr)
        assert.strictEqual(yield* freeOf(client), before - 2)

        const { seats } = yield* client.seats({ ...(yield* journey), travelClass: "SL" })
        const taken = seats.filter(({ state }) => state === "taken").map(({ seat }) => seat)
        for (const { seat } of booking.passengers) assert.include(taken, seat)

        const partly = yield* client.cancel({ pnr: booking.pnr, passengers: [2] })
        assert.deepStrictEqual(partly.booking.passengers.map(({ status }) => status), ["CONFIRMED", "CANCELLED"])
        const wholly = yield* client.cancel({ pnr: booking.pnr })
        assert.strictEqual(wholly.booking.status, "CANCELLED")
        const again = yield* Effect.flip(client.cancel({ pnr: booking.pnr }))
        assert.strictEqual(again._tag, "NothingToCancel")
        assert.strictEqual(yield* freeOf(client), before)
      }))

    it.effect("books once for one key, and refuses the key for another party", () =>
      Effect.gen(function*() {
        const client = yield* as("user")
        const idempotencyKey = IdempotencyKey.make(crypto.randomUUID())
        const request = yield* party("Meera")
        const [first, second] = yield* Effect.all([
          client.book({ request, idempotencyKey }),
          client.book({ request, idempotencyKey })
        ], { concurrency: "unbounded" })
        assert.deepStrictEqual(second, first)
        const conflict = yield* Effect.flip(client.book({ request: yield* party("Nobody"), idempotencyKey }))
        assert.strictEqual(conflict._tag, "IdempotencyConflict")
      }))

    it.effect("books anew with each call that brings no key", () =>
      Effect.gen(function*() {
        const client = yield* as("user")
        const request = yield* party("Kiran")
        assert.notStrictEqual((yield* client.book({ request })).pnr, (yield* client.book({ request })).pnr)
      }))

    it.effect("pays for a booking that is held, and says what there is nothing to pay for", () =>
      Effect.gen(function*() {
        const client = yield* as("user")
        const request = yield* party("Devika")
        const held = yield* client.book({ request: { ...request, payment: "hold" } })
        assert.strictEqual(held.status, "HELD")
        const paid = yield* client.pay({ pnr: held.pnr })
        assert.notStrictEqual(paid.status, "HELD")
        assert.deepStrictEqual(yield* client.pay({ pnr: held.pnr }), paid)
        const { pnr } = yield* client.book({ request })
        assert.strictEqual((yield* Effect.flip(client.pay({ pnr })))._tag, "NothingToPay")
      }))

    it.effect("turns the pages of a person's bookings by their cursors", () =>
      Effect.gen(function*() {
        const client = yield* as("user")
        const { nextCursor } = yield* client.bookings({})
        if (nextCursor !== undefined) yield* client.bookings({ cursor: nextCursor })
        const error = yield* Effect.flip(client.bookings({ cursor: "not a cursor" }))
        assert.strictEqual(error._tag, "InvalidRequest")
      }))

    it.effect("lets admins alone replace a seat configuration, and only the version that they have read", () =>
      Effect.gen(function*() {
        const admin = yield* as("admin")
        const forbidden = yield* Effect.flip((yield* as("user")).seatConfig({ trainId }))
        assert.strictEqual(forbidden._tag, "Forbidden")
        const { pools, version } = yield* admin.seatConfig({ trainId })
        const fewer = pools.map((pool) =>
          pool.travelClass === "1A" && pool.seatCount > 0 ? { ...pool, seatCount: pool.seatCount - 1 } : pool
        )
        const replaced = yield* admin.replaceSeatConfig({ trainId, version, config: { pools: fewer } })
        assert.isAbove(replaced.version, version)
        assert.sameDeepMembers([...replaced.pools], fewer)
        const stale = yield* Effect.flip(admin.replaceSeatConfig({ trainId, version, config: { pools } }))
        assert(stale._tag === "VersionConflict")
        assert.strictEqual(stale.version, replaced.version)
      }))

    FollowingTest.suite(it, callers)
  })
}
