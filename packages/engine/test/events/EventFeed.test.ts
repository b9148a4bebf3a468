import type { BookingEvents } from "@berth/domain/BookingEvent"
import { EventCursor } from "@berth/domain/EventCursor"
import type { Pnr } from "@berth/domain/Pnr"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Queue, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { EventFeed, type Followed } from "../../src/events/EventFeed.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import { EventPublisher } from "../../src/events/EventPublisher.ts"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { book, cancel } from "../sale/Sales.ts"
import { engine, openTrain, sleepers, type TestRun } from "../TestEngine.ts"

const publish = Effect.flatMap(EventPublisher, (publisher) => publisher.publish)

const ofBooking = (pnr: Pnr): Followed => ({ _tag: "Booking", pnr })

const ofRun = ({ date, id, trainId }: TestRun): Followed => ({ _tag: "Run", trainId, date, runId: id })

/** What a reader has seen, taken one by one. */
const reading = Effect.fnUntraced(function*(followed: Followed, cursor?: EventCursor) {
  const seen = yield* Queue.unbounded<BookingEvents>()
  const stream = yield* (yield* EventFeed).follow(followed, cursor)
  yield* Effect.forkScoped(Stream.runForEach(stream, (found) => Queue.offer(seen, found)))
  let last: EventCursor = EventCursor.make("0")
  const waiting: Array<string> = []
  const next: Effect.Effect<string> = Effect.gen(function*() {
    while (waiting.length === 0) {
      const { cursor: at, events } = yield* Queue.take(seen)
      last = at
      waiting.push(...events.map(({ kind, passengers, pnr }) => `${pnr} ${kind} ${passengers.join()}`))
    }
    return waiting.shift() ?? ""
  })
  // The cursor comes first, so that nothing is missed by whoever breaks off before the first event.
  const { cursor: start } = yield* Queue.take(seen)
  return { next, start, cursor: () => last }
})

const seats = (count: number) => openTrain({ stops: 3, pools: sleepers({ LB: count }) })

layer(engine, { excludeTestServices: true, timeout: "60 seconds" })("following events", (it) => {
  it.effect("shows all of a booking, then what happens to it", () =>
    Effect.scoped(Effect.gen(function*() {
      const { booking: { pnr } } = yield* book(yield* seats(3), { passengers: 3 })
      yield* publish
      const reader = yield* reading(ofBooking(pnr))
      assert.strictEqual(yield* reader.next, `${pnr} booked 1,2,3`)
      yield* cancel(pnr, [3])
      yield* publish
      assert.strictEqual(yield* reader.next, `${pnr} cancelled 3`)
    })))

  it.effect("shows a run from now on, and no other", () =>
    Effect.scoped(Effect.gen(function*() {
      const [run, other] = [yield* seats(3), yield* seats(3)]
      yield* book(run)
      yield* publish
      const reader = yield* reading(ofRun(run))
      yield* book(other)
      const { booking: { pnr } } = yield* book(run)
      yield* publish
      assert.strictEqual(yield* reader.next, `${pnr} booked 1`)
    })))

  it.effect("goes on from a cursor without a gap and nothing twice, though Redis was emptied in between", () =>
    Effect.scoped(Effect.gen(function*() {
      const run = yield* seats(6)
      const { booking: { pnr } } = yield* book(run, { passengers: 3 })
      yield* publish
      const first = yield* Effect.scoped(Effect.gen(function*() {
        const reader = yield* reading(ofBooking(pnr))
        assert.strictEqual(yield* reader.next, `${pnr} booked 1,2,3`)
        yield* cancel(pnr, [1])
        yield* publish
        yield* reader.next
        return reader.cursor()
      }))
      yield* cancel(pnr, [2])
      yield* publish
      yield* (yield* ManagedRedis).send("FLUSHALL")
      const reader = yield* reading(ofBooking(pnr), first)
      assert.strictEqual(yield* reader.next, `${pnr} cancelled 2`)
      yield* cancel(pnr, [3])
      yield* publish
      assert.strictEqual(yield* reader.next, `${pnr} cancelled 3`)
    })))

  it.effect("hears of what Redis was not told, or has lost while somebody listened", () =>
    Effect.scoped(Effect.gen(function*() {
      const log = yield* EventLog
      const { booking: { pnr } } = yield* book(yield* seats(3), { passengers: 3 })
      yield* publish
      const reader = yield* reading(ofBooking(pnr))
      yield* reader.next
      yield* cancel(pnr, [1])
      yield* log.number(10)
      assert.strictEqual(yield* reader.next, `${pnr} cancelled 1`)
      yield* cancel(pnr, [2])
      yield* log.number(10)
      // As if a failover had lost it: noted as told, and not there.
      yield* log.notePublished((yield* log.state).lastId)
      yield* cancel(pnr, [3])
      yield* publish
      assert.strictEqual(yield* reader.next, `${pnr} cancelled 2`)
      assert.strictEqual(yield* reader.next, `${pnr} cancelled 3`)
    })))

  it.effect("keeps a bounded memory, and shows a reader that is far behind everything in order", () =>
    Effect.scoped(Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const log = yield* EventLog
      const { booking: { pnr } } = yield* book(yield* seats(3))
      yield* publish
      const { lastId } = yield* log.state
      const feed = yield* EventFeed
      const stream = yield* feed.follow(ofBooking(pnr), EventCursor.make(String(lastId)))
      const many = 12_000
      yield* sql`INSERT INTO event (id, pnr, run_id, kind, passengers, at)
        SELECT ${lastId}::float8::bigint + g, ${pnr}, b.run_id, 'moved', 1, now()
        FROM booking b, generate_series(1, ${many}) g WHERE b.pnr = ${pnr}`
      yield* sql`UPDATE event_log SET last_id = last_id + ${many}, published_id = last_id + ${many}`
      let largest = 0
      const ids = yield* stream.pipe(
        Stream.tap(({ events }) =>
          Effect.sync(() => {
            largest = Math.max(largest, events.length)
          })
        ),
        Stream.flatMap(({ events }) => Stream.fromIterable(events)),
        Stream.map(({ id }) => Number(id)),
        Stream.take(many),
        Stream.runCollect
      )
      assert.deepEqual(ids, ids.map((_, index) => lastId + 1 + index))
      assert.isAtMost(largest, 200)
    })))

  it.effect("reads no further than its reader does", () =>
    Effect.scoped(Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const log = yield* EventLog
      const { booking: { pnr } } = yield* book(yield* seats(3))
      yield* publish
      yield* sql`WITH log AS (UPDATE event_log SET last_id = last_id + 1000, published_id = last_id + 1000 RETURNING last_id)
        INSERT INTO event (id, pnr, run_id, kind, passengers, at)
        SELECT log.last_id - 1000 + g, ${pnr}, b.run_id, 'moved', 1, now()
        FROM log, booking b, generate_series(1, 1000) g WHERE b.pnr = ${pnr}`
      let pages = 0
      const counting = Layer.succeed(EventLog, {
        ...log,
        page: (asked) => Effect.andThen(Effect.sync(() => asked.pnr === undefined || pages++), log.page(asked))
      })
      const feed = Context.get(
        yield* Layer.build(Layer.fresh(EventFeed.layer).pipe(Layer.provide(counting))),
        EventFeed
      )
      const stream = yield* feed.follow(ofBooking(pnr), EventCursor.make("0"))
      const taken = yield* Stream.runCollect(Stream.take(stream, 2))
      assert.deepEqual(taken.map(({ events }) => events.length), [0, 200])
      assert.strictEqual(pages, 1)
    })))

  it.effect("refuses a cursor after which events are no longer kept, and one that nobody was given", () =>
    Effect.gen(function*() {
      const log = yield* EventLog
      const sql = yield* SqlClient.SqlClient
      const feed = yield* EventFeed
      const { booking: { pnr } } = yield* book(yield* seats(2))
      yield* publish
      const { lastId } = yield* log.state
      const follow = (cursor: number) => feed.follow(ofBooking(pnr), EventCursor.make(String(cursor)))
      assert.strictEqual((yield* Effect.flip(follow(lastId + 1)))._tag, "CursorGone")
      yield* sql`UPDATE event SET at = at - interval '31 days'`
      yield* log.prune(30, 100_000)
      assert.strictEqual((yield* Effect.flip(follow(lastId - 1)))._tag, "CursorGone")
      yield* Effect.asVoid(follow(lastId))
    }))
})
