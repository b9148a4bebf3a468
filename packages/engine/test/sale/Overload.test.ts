import { assert, layer } from "@effect/vitest"
import { Clock, Context, Deferred, Effect, Fiber, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { BookingCommits } from "../../src/ledger/BookingCommits.ts"
import { Book } from "../../src/sale/Book.ts"
import { engine, openTrain, sleepers } from "../TestEngine.ts"
import { book, free } from "./Sales.ts"

/** More than the batches that are written at once, by so many that the rest would wait. */
const crowd = 400

/** A desk of its own, whose queue for the record has a clock that can be moved. */
const deskOfItsOwn = Effect.gen(function*() {
  const clock = yield* Clock.Clock
  const moved = { nanos: 0n }
  const services = yield* Layer.build(
    Layer.fresh(Book.layer).pipe(Layer.provide(Layer.fresh(BookingCommits.layer)))
  ).pipe(Effect.provideService(Clock.Clock, {
    currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe(),
    currentTimeMillis: clock.currentTimeMillis,
    currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
    currentTimeNanos: clock.currentTimeNanos,
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe() + moved.nanos,
    monotonicTimeNanos: clock.monotonicTimeNanos,
    sleep: (duration) => clock.sleep(duration)
  }))
  return {
    pass: (seconds: number) => {
      moved.nanos += BigInt(seconds) * 1_000_000_000n
    },
    desk: Context.get(services, Book)
  }
})

layer(engine, { excludeTestServices: true, timeout: "60 seconds" })(
  "a sale that is asked for more than the record can write",
  (it) => {
    it.effect("refuses before it takes a berth, and whoever was let in has a booking", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const { desk, pass } = yield* deskOfItsOwn
        const ask = (run: Parameters<typeof book>[0]) => Effect.provideService(book(run), Book, desk)
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: crowd, UB: crowd }) })
        yield* ask(run)
        const locked = yield* Deferred.make<void>()
        const done = yield* Deferred.make<void>()
        const holder = yield* Effect.forkChild(sql.withTransaction(Effect.gen(function*() {
          yield* sql`LOCK TABLE idempotency_key IN ACCESS EXCLUSIVE MODE`
          yield* Deferred.succeed(locked, undefined)
          yield* Deferred.await(done)
        })))
        yield* Deferred.await(locked)
        const begun = yield* Effect.forEach(
          Array.from({ length: crowd }),
          () => Effect.forkChild(Effect.result(ask(run)))
        )
        // Everybody who was let in has a berth, and waits.
        yield* Effect.repeat(free(run), { until: (berths) => berths === crowd - 1 })
        pass(3)
        const refused = yield* Effect.flip(ask(run))
        assert.deepInclude(refused, { _tag: "Overloaded", retryAfterSeconds: 1 })
        assert.strictEqual(yield* free(run), crowd - 1)
        yield* Deferred.succeed(done, undefined)
        yield* Fiber.join(holder)
        const booked = yield* Effect.forEach(begun, Fiber.join)
        assert.isTrue(booked.every(({ _tag }) => _tag === "Success"))
        assert.strictEqual((yield* ask(run)).booking.status, "CONFIRMED")
      }))
  }
)
