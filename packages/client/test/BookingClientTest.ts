import { BookingRequest } from "@berth/domain/BookingRequest"
import { EventCursor } from "@berth/domain/EventCursor"
import { IdempotencyKey } from "@berth/domain/IdempotencyKey"
import { addDays, JourneyDate } from "@berth/domain/JourneyDate"
import { Pnr } from "@berth/domain/Pnr"
import { StationCode } from "@berth/domain/StationCode"
import { TrainId } from "@berth/domain/TrainId"
import { assert, describe, type Vitest } from "@effect/vitest"
import { Context, DateTime, Effect, Fiber, Layer, Queue, Redacted, Schema, Stream } from "effect"
import type { RunJourney } from "../src/BookingCalls.ts"
import { BookingClient } from "../src/BookingClient.ts"
import type { Connection } from "../src/Connection.ts"
import * as BreakableProxy from "./BreakableProxy.ts"
import { RunningBerth } from "./RunningBerth.ts"

const trainId = TrainId.make("12345")
const from = StationCode.make("HWH")
const to = StationCode.make("NJP")
const unknownPnr = Pnr.make("9999999999")
const unknownTrain = TrainId.make("00000")

/** What every transport of `BookingClient` owes its callers, on a Berth with the sample network. */
export const suite = (
  it: Vitest.MethodsNonLive<RunningBerth>,
  name: string,
  layerOf: (connection: Connection) => Layer.Layer<BookingClient>,
  /** How many days ahead the journey is; its own for each suite, so that they do not see each other's bookings. */
  daysAhead: number
) => {
  const clientOf = (connection: Connection) =>
    Effect.map(Layer.build(layerOf(connection)), (context) => Context.get(context, BookingClient))

  const as = (who: "user" | "admin" | "nobody") =>
    Effect.flatMap(
      RunningBerth,
      ({ url, ...tokens }) => clientOf({ url, ...(who === "nobody" ? {} : { token: tokens[who] }) })
    )

  const date = Effect.map(DateTime.now, (now) => addDays(JourneyDate.make(DateTime.formatIsoDateUtc(now)), daysAhead))

  const journey = Effect.map(date, (day): RunJourney => ({ trainId, date: day, from, to }))

  const party = (...names: readonly [string, ...Array<string>]) =>
    Effect.flatMap(date, (day) =>
      Schema.decodeUnknownEffect(BookingRequest)({
        trainId,
        date: day,
        from,
        to,
        travelClass: "SL",
        passengers: names.map((passenger) => ({ name: passenger, age: 30 }))
      }))

  const freeOf = Effect.fnUntraced(function*(client: BookingClient["Service"]) {
    const { classes } = yield* client.availability(yield* journey)
    return classes.find(({ travelClass }) => travelClass === "SL")?.quotas.find(({ quota }) => quota === "GN")?.free ??
      0
  })

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

    it.effect("watches the availability change", () =>
      Effect.gen(function*() {
        const client = yield* as("user")
        const seen = yield* Queue.unbounded<number | undefined>()
        const watcher = yield* client.watchAvailability(yield* journey).pipe(
          Stream.map(({ classes }) =>
            classes.find(({ travelClass }) => travelClass === "SL")?.quotas.find(({ quota }) => quota === "GN")?.free
          ),
          Stream.runForEach((free) => Queue.offer(seen, free)),
          Effect.forkChild
        )
        const before = yield* Queue.take(seen)
        assert(before !== undefined)
        const { pnr } = yield* client.book({ request: yield* party("Leela") })
        assert.strictEqual(yield* Queue.take(seen), before - 1)
        yield* client.cancel({ pnr })
        assert.strictEqual(yield* Queue.take(seen), before)
        yield* Fiber.interrupt(watcher)
      }))

    it.effect("watches on where the connection broke off", () =>
      Effect.gen(function*() {
        const client = yield* as("user")
        const { url, user } = yield* RunningBerth
        const proxy = yield* BreakableProxy.make(url)
        const watching = yield* clientOf({ url: proxy.url, token: user })
        const { pnr } = yield* client.book({ request: yield* party("Asha", "Ravi") })
        const seen = yield* Queue.unbounded<ReadonlyArray<string>>()
        yield* watching.watchBooking({ pnr }).pipe(
          Stream.runForEach(({ passengers }) => Queue.offer(seen, passengers.map(({ status }) => status))),
          Effect.forkScoped
        )
        assert.deepStrictEqual(yield* Queue.take(seen), ["CONFIRMED", "CONFIRMED"])
        yield* proxy.breakAll
        yield* client.cancel({ pnr, passengers: [1] })
        assert.deepStrictEqual(yield* Queue.take(seen), ["CANCELLED", "CONFIRMED"])
        yield* proxy.breakAll
        yield* client.cancel({ pnr })
        assert.deepStrictEqual(yield* Queue.take(seen), ["CANCELLED", "CANCELLED"])
      }))

    it.effect("follows a booking's events on where the connection broke off, each once and in order", () =>
      Effect.gen(function*() {
        const client = yield* as("user")
        const { url, user } = yield* RunningBerth
        const proxy = yield* BreakableProxy.make(url)
        const following = yield* clientOf({ url: proxy.url, token: user })
        const { pnr } = yield* client.book({ request: yield* party("Asha", "Ravi", "Leela") })
        const seen = yield* Queue.unbounded<string>()
        yield* following.bookingEvents({ pnr }).pipe(
          Stream.runForEach(({ id, kind, passengers }) => Queue.offer(seen, `${kind} ${passengers.join()} ${id}`)),
          Effect.forkScoped
        )
        const next = Effect.map(Queue.take(seen), (told) => told.split(" "))
        assert.deepStrictEqual((yield* next).slice(0, 2), ["booked", "1,2,3"])
        for (const passenger of [1, 2]) {
          yield* proxy.breakAll
          yield* client.cancel({ pnr, passengers: [passenger] })
          assert.deepStrictEqual((yield* next).slice(0, 2), ["cancelled", String(passenger)])
        }
        yield* client.cancel({ pnr })
        const [kind, passengers, id] = yield* next
        assert.deepStrictEqual([kind, passengers], ["cancelled", "3"])
        const error = yield* Effect.flip(
          Stream.runDrain(client.bookingEvents({ pnr, cursor: EventCursor.make(`${id}0000`) }))
        )
        assert.strictEqual(error._tag, "CursorGone")
        const unknown = yield* Effect.flip(Stream.runDrain(client.bookingEvents({ pnr: unknownPnr })))
        assert.strictEqual(unknown._tag, "BookingNotFound")
      }))

    it.effect("follows a run's events without a token, from a cursor on", () =>
      Effect.gen(function*() {
        const client = yield* as("user")
        const nobody = yield* as("nobody")
        const day = yield* date
        const { pnr } = yield* client.book({ request: yield* party("Asha") })
        const booked = yield* Stream.runHead(client.bookingEvents({ pnr }))
        assert(booked._tag === "Some")
        yield* client.cancel({ pnr })
        const told = yield* nobody.runEvents({ trainId, date: day, cursor: booked.value.id }).pipe(
          Stream.filter(({ kind }) => kind === "cancelled"),
          Stream.runHead
        )
        assert(told._tag === "Some")
        assert.strictEqual(told.value.passengers, 1)
        assert.notProperty(told.value, "pnr")
      }))
  })
}
