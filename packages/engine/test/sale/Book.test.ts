import type { BookingRequest } from "@berth/domain/BookingRequest"
import { PersonName } from "@berth/domain/PersonName"
import { assert, layer } from "@effect/vitest"
import { Effect, Option } from "effect"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { Bookings } from "../../src/ledger/Bookings.ts"
import { Book } from "../../src/sale/Book.ts"
import { ConfigApplier } from "../../src/seeding/ConfigApplier.ts"
import { configure, engine, openTrain, sleepers } from "../TestEngine.ts"
import { admin, book, cancel, free, requestOf, seatsOf, stranger, traveller, waitlistOf } from "./Sales.ts"

/** How many scripts Redis has run. */
const scriptCalls = Effect.gen(function*() {
  const redis = yield* ManagedRedis
  const text = String(yield* redis.send("INFO", "commandstats"))
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(text)?.[1] ?? 0)
})

layer(engine, { excludeTestServices: true, timeout: "60 seconds" })("booking", (it) => {
  it.effect("confirms a party whole and counts its berths off on its legs alone", () =>
    Effect.gen(function*() {
      const run = yield* openTrain({ stops: 5, pools: sleepers({ LB: 4, MB: 4, UB: 4 }) })
      const { booking, replayed } = yield* book(run, { passengers: 3, legs: [1, 3] })
      assert.isFalse(replayed)
      assert.strictEqual(booking.status, "CONFIRMED")
      assert.strictEqual(new Set(seatsOf(booking)).size, 3)
      assert.deepStrictEqual([booking.from, booking.to], ["BBB", "DDD"])
      assert.strictEqual(yield* free(run), 9)
      assert.strictEqual(yield* free(run, [0, 1]), 12)
      assert.strictEqual(yield* free(run, [1, 2]), 9)
      assert.strictEqual(yield* free(run, [3, 4]), 12)
    }))

  it.effect("goes from the origin to the terminus where no stations are named", () =>
    Effect.gen(function*() {
      const run = yield* openTrain({ stops: 4, pools: sleepers({ LB: 1 }) })
      const { booking } = yield* book(run)
      assert.deepStrictEqual([booking.from, booking.to], ["AAA", "DDD"])
    }))

  it.effect("seats a party in one bay where one has room", () =>
    Effect.gen(function*() {
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 6, MB: 6, UB: 6 }) })
      yield* book(run, { passengers: 4 })
      const { booking } = yield* book(run, { passengers: 6 })
      const bays = new Set(seatsOf(booking).map((seat) => Math.floor((Number(seat?.split("-")[1]) - 1) / 8)))
      assert.strictEqual(bays.size, 1)
    }))

  it.effect("answers what the record shows", () =>
    Effect.gen(function*() {
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 2, UB: 2 }) })
      const { booking } = yield* book(run, {
        passengers: [{ name: PersonName.make("A"), age: 70, gender: "M" }, {
          name: PersonName.make("B"),
          age: 5,
          berth: "UB"
        }]
      })
      assert.deepStrictEqual(booking.passengers.map(({ berth }) => berth), ["LB", "UB"])
      const found = yield* (yield* Bookings).find({ pnr: booking.pnr, forUser: traveller.userId })
      assert.deepStrictEqual(found._tag === "Some" ? found.value : undefined, booking)
    }))

  it.effect("sells a quota's berths to those alone who ask for it", () =>
    Effect.gen(function*() {
      const run = yield* openTrain({ stops: 3, pools: [...sleepers({ LB: 1 }), ...sleepers({ UB: 1 }, "TQ")] })
      yield* book(run)
      const refused = yield* Effect.flip(book(run, { conditions: { onlyIfConfirmed: true } }))
      assert.strictEqual(refused._tag, "SoldOut")
      const { booking } = yield* book(run, { quota: "TQ" })
      assert.deepStrictEqual(booking.passengers.map(({ berth }) => berth), ["UB"])
      assert.strictEqual((yield* Effect.flip(book(run, { quota: "TQ" })))._tag, "SoldOut")
      assert.strictEqual((yield* Effect.flip(book(run, { quota: "LD" })))._tag, "QuotaNotOnTrain")
      assert.strictEqual((yield* Effect.flip(book(run, { travelClass: "3A" })))._tag, "ClassNotOnTrain")
    }))

  it.effect("refuses who may not wait without asking Redis, once a leg is known to be full, until a berth is freed", () =>
    Effect.gen(function*() {
      const run = yield* openTrain({ stops: 4, pools: sleepers({ LB: 2 }) })
      const first = yield* book(run, { legs: [1, 2] })
      yield* book(run, { legs: [1, 2] })
      const refused = (legs: readonly [number, number]) =>
        Effect.map(
          Effect.flip(book(run, { legs, conditions: { onlyIfConfirmed: true } })),
          ({ _tag }) => _tag
        )
      // The first asks, and learns of the whole run.
      assert.strictEqual(yield* refused([0, 2]), "SoldOut")
      const before = yield* scriptCalls
      assert.deepStrictEqual([yield* refused([0, 2]), yield* refused([1, 3])], ["SoldOut", "SoldOut"])
      assert.strictEqual(yield* scriptCalls, before)
      assert.strictEqual((yield* book(run, { legs: [2, 3] })).booking.status, "CONFIRMED")
      yield* cancel(first.booking.pnr)
      const { booking } = yield* book(run, { legs: [1, 2], conditions: { onlyIfConfirmed: true } })
      assert.strictEqual(booking.status, "CONFIRMED")
    }))

  it.effect("refuses a party whose conditions cannot be met, and writes nothing", () =>
    Effect.gen(function*() {
      // 18 lower berths to a coach: the last six stand in the second coach.
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 25 }) })
      for (let n = 0; n < 4; n++) yield* book(run, { passengers: 6, conditions: { sameCoach: true } })
      const left = yield* free(run)
      assert.strictEqual(left, 1)
      const refused = yield* Effect.flip(
        book(run, { passengers: 2, conditions: { onlyIfConfirmed: true } })
      )
      assert.strictEqual(refused._tag, "SoldOut")
      assert.strictEqual(yield* free(run), left)
      const small = yield* openTrain({ stops: 3, pools: sleepers({ LB: 1, UB: 5 }) })
      const conditions = { onlyIfConfirmed: true, lowerBerthsMin: 2 }
      assert.strictEqual((yield* Effect.flip(book(small, { passengers: 2, conditions })))._tag, "SoldOut")
      const { booking } = yield* book(small, { passengers: 2, conditions: { ...conditions, lowerBerthsMin: 1 } })
      assert.include(booking.passengers.map(({ berth }) => berth), "LB")
    }))

  it.effect("puts who comes too late on the waitlist, numbered in order, until it is full", () =>
    Effect.gen(function*() {
      // 30 % of 10 sleeper berths may wait.
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 10 }) })
      yield* book(run, { passengers: 6 })
      yield* book(run, { passengers: 4 })
      const first = yield* book(run, { passengers: 2 })
      assert.strictEqual(first.booking.status, "WAITLISTED")
      assert.deepStrictEqual(waitlistOf(first.booking), [1, 2])
      assert.strictEqual((yield* Effect.flip(book(run, { passengers: 2 })))._tag, "SoldOut")
      const second = yield* book(run)
      assert.deepStrictEqual(waitlistOf(second.booking), [3])
      assert.strictEqual((yield* Effect.flip(book(run)))._tag, "SoldOut")
    }))

  it.effect("answers a party that waits what the record has of it, and tells its place behind those who still do", () =>
    Effect.gen(function*() {
      // 30 % of 20 sleeper berths may wait.
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 20 }) })
      for (const passengers of [6, 6, 6, 2]) yield* book(run, { passengers })
      const ahead = yield* book(run, { passengers: 2 })
      yield* cancel(ahead.booking.pnr, [1])
      const passengers: BookingRequest["passengers"] = [
        { name: PersonName.make("Asha Rao"), age: 61, gender: "F" },
        { name: PersonName.make("Ravi Rao"), age: 63, berth: "LB" }
      ]
      const { booking, replayed } = yield* book(run, { passengers, key: "a-party-that-waits" })
      assert.isFalse(replayed)
      assert.deepStrictEqual(booking.passengers.map(({ waitlist }) => waitlist), [
        { kind: "GNWL", atBooking: 3, now: 2 },
        { kind: "GNWL", atBooking: 4, now: 3 }
      ])
      const bookings = yield* Bookings
      assert.deepStrictEqual(Option.getOrUndefined(yield* bookings.asBooked(booking.pnr)), booking)
      yield* cancel(booking.pnr, [1])
      yield* cancel(ahead.booking.pnr)
      const found = yield* Effect.flatMap(bookings.find({ pnr: booking.pnr, forUser: null }), Effect.fromOption)
      assert.deepStrictEqual(found.passengers.map(({ waitlist }) => waitlist), [
        undefined,
        { kind: "GNWL", atBooking: 4, now: 1 }
      ])
    }))

  it.effect("does not let a passenger book for another, but an admin", () =>
    Effect.gen(function*() {
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 2 }) })
      const bookings = yield* Bookings
      const request = { ...requestOf(run, {}), userId: stranger.userId }
      const service = yield* Book
      const refused = yield* Effect.flip(service.book({ caller: traveller, request, key: undefined }))
      assert.strictEqual(refused._tag, "Forbidden")
      const { booking } = yield* service.book({ caller: admin, request, key: undefined })
      assert.strictEqual(booking.userId, stranger.userId)
      assert.strictEqual((yield* bookings.find({ pnr: booking.pnr, forUser: traveller.userId }))._tag, "None")
      assert.strictEqual((yield* bookings.find({ pnr: booking.pnr, forUser: stranger.userId }))._tag, "Some")
      assert.strictEqual((yield* Effect.flip(cancel(booking.pnr)))._tag, "BookingNotFound")
    }))

  it.effect("goes on selling when Redis forgot the run", () =>
    Effect.gen(function*() {
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 3 }) })
      const { booking: before } = yield* book(run)
      yield* (yield* ManagedRedis).send("FLUSHALL")
      const { booking: after } = yield* book(run)
      assert.notDeepEqual(seatsOf(after), seatsOf(before))
      assert.strictEqual(yield* free(run), 1)
    }))

  it.effect("sells what an edit has added, and not what it has taken away", () =>
    Effect.gen(function*() {
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 2 }) })
      yield* configure(run.trainId, sleepers({ LB: 1 }))
      assert.deepStrictEqual(seatsOf((yield* book(run)).booking), ["S1-1"])
      // Redis does not know of the edit and offers S1-4; the record refuses it.
      assert.strictEqual((yield* Effect.flip(book(run)))._tag, "SoldOut")
      assert.strictEqual(yield* free(run), 0)
      yield* configure(run.trainId, sleepers({ LB: 3 }))
      yield* (yield* ConfigApplier).applyAll
      assert.strictEqual(yield* free(run), 2)
      yield* book(run, { passengers: 2, conditions: { onlyIfConfirmed: true } })
    }))
})
