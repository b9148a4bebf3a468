import type { BookingEvent } from "@berth/domain/BookingEvent"
import type { Pnr } from "@berth/domain/Pnr"
import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { EventLog } from "../../src/events/EventLog.ts"
import { EventPublisher } from "../../src/events/EventPublisher.ts"
import { EventStream } from "../../src/events/EventStream.ts"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { Promoter } from "../../src/sale/Promoter.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { expire, passHolds, pay, payUnanswered, tellGateway } from "../payment/Money.ts"
import { book, cancel } from "../sale/Sales.ts"
import { engine, openTrain, sleepers } from "../TestEngine.ts"

const publish = Effect.flatMap(EventPublisher, (publisher) => publisher.publish)

const oneWaits = 50

const decodeId = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ id: Schema.Int })]))

const idOf = (rows: unknown) => Effect.map(decodeId(rows), ([{ id }]) => id)

const toldOf = Effect.fnUntraced(function*(pnr: Pnr) {
  yield* publish
  return yield* (yield* EventLog).page({ after: 0, max: 100, pnr })
})

const kinds = (events: ReadonlyArray<BookingEvent>) =>
  events.map(({ kind, passengers }) => `${kind} ${passengers.join()}`)

/** What Redis has, from the number after one on. */
const inRedis = Effect.fnUntraced(function*(after: number) {
  return yield* Effect.scoped(Effect.flatMap((yield* EventStream).reader, (reader) => reader.read(after, oneWaits)))
})

const seatsFor = (count: number) => openTrain({ stops: 3, pools: sleepers({ LB: count }) })

layer(Audit.layer.pipe(Layer.provideMerge(engine)), { excludeTestServices: true, timeout: "60 seconds" })(
  "what happens to bookings",
  (it) => {
    it.effect("is told once each, with the passengers to whom it happened", () =>
      Effect.gen(function*() {
        const run = yield* seatsFor(20)
        const { booking: first } = yield* book(run, { passengers: 3 })
        yield* book(run, { passengers: 6 })
        yield* book(run, { passengers: 6 })
        yield* book(run, { passengers: 5 })
        const { booking: waiting } = yield* book(run, { passengers: 2 })
        yield* cancel(first.pnr, [2])
        yield* cancel(first.pnr, [1, 3])
        yield* (yield* Promoter).promote(run.id)
        assert.deepEqual(kinds(yield* toldOf(first.pnr)), ["booked 1,2,3", "cancelled 2", "cancelled 1,3"])
        assert.deepEqual(kinds(yield* toldOf(waiting.pnr)), ["waitlisted 1,2", "promoted 1,2"])
        const [told] = yield* toldOf(first.pnr)
        assert.deepInclude(told, {
          pnr: first.pnr,
          trainId: run.trainId,
          date: run.date,
          from: first.from,
          to: first.to,
          travelClass: "SL",
          quota: "GN",
          at: first.bookedAt
        })
      }))

    it.effect("is told of money too: held, paid, expired and cancelled, reinstated by money that came late", () =>
      Effect.gen(function*() {
        const run = yield* seatsFor(2)
        const { booking: paid } = yield* book(run, { payment: "hold" })
        const { booking: left } = yield* book(run, { payment: "hold" })
        yield* pay(paid.pnr)
        yield* payUnanswered(left.pnr)
        yield* passHolds
        yield* expire
        yield* tellGateway
        assert.deepEqual(kinds(yield* toldOf(paid.pnr)), ["held 1", "paid 1"])
        assert.deepEqual(kinds(yield* toldOf(left.pnr)), [
          "held 1",
          "expired 1",
          "cancelled 1",
          "reinstated 1",
          "paid 1"
        ])
      }))

    it.effect("is not told where nothing happened: a cancellation of somebody who is not there, a name erased", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const run = yield* seatsFor(2)
        const { booking } = yield* book(run)
        assert.strictEqual((yield* Effect.flip(cancel(booking.pnr, [1, 2])))._tag, "NothingToCancel")
        yield* sql`UPDATE passenger SET name = 'Erased' WHERE pnr = ${booking.pnr}`
        assert.deepEqual(kinds(yield* toldOf(booking.pnr)), ["booked 1"])
      }))

    it.effect("is told by Redis in order, booking by booking, while two publish and nothing is told twice", () =>
      Effect.gen(function*() {
        const log = yield* EventLog
        const { lastId } = yield* log.state
        const run = yield* seatsFor(40)
        const trade = Effect.gen(function*() {
          const { booking } = yield* book(run, { passengers: 2 })
          yield* cancel(booking.pnr, [2])
          yield* cancel(booking.pnr, [1])
          return booking.pnr
        })
        const publishing = Effect.forkChild(Effect.forever(publish))
        const publishers = [yield* publishing, yield* publishing]
        const pnrs = yield* Effect.forEach(Array.from({ length: 20 }), () => trade, { concurrency: 20 })
        yield* Fiber.interruptAll(publishers)
        yield* publish
        const told = yield* inRedis(lastId)
        assert.deepEqual(told.map(({ id }) => Number(id)), told.map((_, index) => lastId + 1 + index))
        for (const pnr of pnrs) {
          assert.deepEqual(kinds(told.filter((event) => event.pnr === pnr)), [
            "booked 1,2",
            "cancelled 2",
            "cancelled 1"
          ])
        }
      }))

    it.effect("is not lost where its transaction commits after later ones were told", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const run = yield* seatsFor(6)
        const { booking: early } = yield* book(run)
        const bookings = yield* Effect.forEach(Array.from({ length: 5 }), () => book(run))
        yield* publish
        const written = yield* Deferred.make<void>()
        const mayCommit = yield* Deferred.make<void>()
        const slow = yield* Effect.forkChild(sql.withTransaction(
          sql`UPDATE passenger SET state = 'CANCELLED' WHERE pnr = ${early.pnr}`.pipe(
            Effect.andThen(Deferred.succeed(written, undefined)),
            Effect.andThen(Deferred.await(mayCommit))
          )
        ))
        yield* Deferred.await(written)
        for (const { booking } of bookings) {
          yield* cancel(booking.pnr)
          yield* publish
        }
        const { lastId } = yield* (yield* EventLog).state
        yield* Deferred.succeed(mayCommit, undefined)
        yield* Fiber.join(slow)
        yield* publish
        const told = yield* inRedis(lastId)
        assert.deepEqual(told.map(({ kind, pnr }) => [kind, pnr]), [["cancelled", early.pnr]])
      }))

    it.effect("is looked for behind what was numbered, in a record restored elsewhere too", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const run = yield* seatsFor(1)
        const trade = Effect.gen(function*() {
          const { booking } = yield* book(run)
          yield* cancel(booking.pnr)
          yield* publish
        })
        const floor = Effect.flatMap(sql`SELECT outbox_floor::float8 AS id FROM event_log`, idOf)
        // Other tests' transactions may keep it where it is for a while.
        const floorRises = Effect.gen(function*() {
          const given = yield* Effect.flatMap(sql`SELECT last_value::float8 AS id FROM event_outbox_id_seq`, idOf)
          yield* Effect.repeat(Effect.andThen(trade, floor), { until: (id) => id > given })
        })
        yield* floorRises
        yield* sql`UPDATE event_log SET fence = '9000000000000000000'`
        yield* floorRises
        assert.deepStrictEqual(yield* sql`SELECT id FROM event_outbox`, [])
      }))

    it.effect("is in Redis once where a publisher died before it could say that it was done, or comes back late", () =>
      Effect.gen(function*() {
        const log = yield* EventLog
        const stream = yield* EventStream
        const run = yield* seatsFor(2)
        yield* publish
        const { lastId } = yield* log.state
        const { booking } = yield* book(run)
        yield* log.number(100)
        const events = yield* log.unpublished(100)
        yield* stream.publish(events)
        yield* publish
        yield* cancel(booking.pnr)
        yield* publish
        yield* stream.publish(events)
        assert.deepEqual(kinds(yield* inRedis(lastId)), ["booked 1", "cancelled 1"])
        assert.deepEqual(yield* log.unpublished(100), [])
      }))

    it.effect("is told from where it was when Redis was emptied", () =>
      Effect.gen(function*() {
        const run = yield* seatsFor(2)
        yield* book(run)
        yield* publish
        const { lastId } = yield* (yield* EventLog).state
        yield* (yield* ManagedRedis).send("FLUSHALL")
        const other = yield* seatsFor(2)
        const { booking } = yield* book(other)
        yield* publish
        const told = yield* inRedis(0)
        assert.deepEqual(told.map(({ id, pnr }) => [Number(id), pnr]), [[lastId + 1, booking.pnr]])
      }))

    it.effect("is forgotten when it is old, a batch at a time, and never before Redis was told", () =>
      Effect.gen(function*() {
        const log = yield* EventLog
        const sql = yield* SqlClient.SqlClient
        const run = yield* seatsFor(3)
        for (let n = 0; n < 3; n++) yield* book(run)
        yield* publish
        const { lastId } = yield* log.state
        yield* book(yield* seatsFor(1))
        yield* log.number(100)
        yield* sql`UPDATE event SET at = at - interval '31 days'`
        assert.strictEqual(yield* log.prune(30, lastId - 1), lastId - 1)
        assert.deepInclude(yield* log.state, { prunedId: lastId - 1 })
        assert.strictEqual(yield* log.prune(30, 100), 1)
        assert.strictEqual(yield* log.prune(30, 100), 0)
        assert.strictEqual((yield* log.unpublished(100)).length, 1)
      }))
  }
)
