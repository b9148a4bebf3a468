import { zeroRupees } from "@berth/domain/Money"
import { assert, describe, it } from "@effect/vitest"
import { Clock, DateTime, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { attemptsMax } from "../src/RetryPolicy.ts"
import { availability, booking, date, pnr, trainId } from "./ScriptedAnswers.ts"
import * as ScriptedBerth from "./ScriptedBerth.ts"
import { book, cancel, freeSeen, show } from "./ScriptedCalls.ts"

const { drop, http, plain, rpc, rpcStream, runOut, silence } = ScriptedBerth

const problem = (tag: string, status: number, title: string, fields: Record<string, unknown> = {}) => ({
  _tag: tag,
  type: `urn:berth:problem:${tag}`,
  title,
  status,
  detail: "Try again later.",
  retryAfterSeconds: 1,
  ...fields
})

const preparing = problem("RunPreparing", 503, "Run is being prepared", { trainId, date })
const tooQuick = problem("RateLimited", 429, "Too many calls")
const storeAway = problem("StoreUnavailable", 503, "A store is away", { store: "postgresql" })
const noTrain = problem("TrainNotFound", 404, "Train not found", { trainId })

const times = (count: number, act: ScriptedBerth.Act): ReadonlyArray<ScriptedBerth.Act> =>
  Array.from({ length: count }, () => act)

/** No call takes longer, whatever the server does. */
const callMillisMax = 60_000

for (const wire of [http, rpc]) {
  describe(`a call ${wire.name}`, () => {
    it.effect("waits until a run is prepared, and keeps the key of its booking", () =>
      Effect.gen(function*() {
        const refusals = times(attemptsMax + 2, wire.refuse(preparing))
        const berth = yield* ScriptedBerth.make([wire.refuse(preparing), ...refusals, wire.succeed(booking)])
        assert.strictEqual((yield* runOut(Effect.provide(book, berth.client(wire)))).pnr, pnr)
        const keys = berth.arrivals.map(({ body, headers }) =>
          headers.get("idempotency-key") ?? JSON.parse(body).payload.idempotencyKey
        )
        assert.strictEqual(keys.length, attemptsMax + 4)
        assert.isString(keys[0])
        assert.strictEqual(new Set(keys).size, 1)
      }))

    it.effect("gives up at last, whatever the server does", () =>
      Effect.gen(function*() {
        for (const act of [wire.refuse(preparing), wire.refuse(tooQuick), drop, silence, wire.breakDown]) {
          const berth = yield* ScriptedBerth.make([act])
          const start = yield* Clock.currentTimeMillis
          yield* runOut(Effect.flip(Effect.provide(book, berth.client(wire))))
          assert.isAtMost((yield* Clock.currentTimeMillis) - start, callMillisMax)
          assert.isAbove(berth.arrivals.length, 1)
        }
      }))

    it.effect("has as many attempts at a broken line after refusals as without them", () =>
      Effect.gen(function*() {
        const refusals = times(attemptsMax, wire.refuse(preparing))
        const berth = yield* ScriptedBerth.make([
          drop,
          ...refusals,
          ...times(attemptsMax - 2, drop),
          wire.succeed(booking)
        ])
        assert.strictEqual((yield* runOut(Effect.provide(book, berth.client(wire)))).pnr, pnr)
      }))

    it.effect("that must not happen twice waits until the caller may call again", () =>
      Effect.gen(function*() {
        const done = wire.succeed({ booking, refund: zeroRupees })
        const berth = yield* ScriptedBerth.make([wire.refuse(tooQuick), wire.refuse(tooQuick), done])
        assert.strictEqual((yield* runOut(Effect.provide(cancel, berth.client(wire)))).booking.pnr, pnr)
        assert.strictEqual(berth.arrivals.length, 3)
      }))

    it.effect("that must not happen twice is not repeated when a store is away", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([wire.refuse(storeAway)])
        const error = yield* runOut(Effect.flip(Effect.provide(cancel, berth.client(wire))))
        assert.strictEqual(error._tag, "StoreUnavailable")
        assert.strictEqual(berth.arrivals.length, 1)
      }))

    it.effect("reads a wait that is given as a date", () =>
      Effect.gen(function*() {
        yield* TestClock.adjust("365 days")
        const in3Seconds = DateTime.toDateUtc(DateTime.add(yield* DateTime.now, { seconds: 3 })).toUTCString()
        const berth = yield* ScriptedBerth.make([plain(503, "", { "retry-after": in3Seconds }), wire.succeed(booking)])
        yield* runOut(Effect.provide(show, berth.client(wire)))
        const [first, second] = berth.arrivals
        assert(first !== undefined && second !== undefined)
        assert.isAtLeast(second.atMillis - first.atMillis, 3_000)
      }))

    it.effect("is not repeated for a caller who has hung up", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([silence])
        const fiber = yield* Effect.forkChild(Effect.provide(book, berth.client(wire)))
        yield* runOut(berth.arrived)
        yield* Fiber.interrupt(fiber)
        yield* TestClock.adjust(callMillisMax)
        assert.strictEqual(berth.arrivals.length, 1)
      }))
  })
}

const watches = [
  { wire: http, says: (free: number) => http.succeed(availability(free)) },
  { wire: rpc, says: (free: number) => rpcStream([availability(free)], "break") }
] as const

for (const { says, wire } of watches) {
  describe(`a watch ${wire.name}`, () => {
    it.effect("sits out an outage of minutes, and says nothing twice after it", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([says(2), ...times(30, drop), says(2), says(1)])
        assert.deepStrictEqual(yield* runOut(Effect.provide(freeSeen(2), berth.client(wire))), [2, 1])
        assert.strictEqual(berth.arrivals.length, 33)
      }))

    it.effect("does not sit out an outage without end", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([says(2), drop])
        const error = yield* runOut(Effect.flip(Effect.provide(freeSeen(2), berth.client(wire))))
        assert.strictEqual(error._tag, "ConnectionFailed")
      }))

    it.effect("ends with what the server refuses for good", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([says(2), drop, wire.refuse(noTrain)])
        const error = yield* runOut(Effect.flip(Effect.provide(freeSeen(2), berth.client(wire))))
        assert.strictEqual(error._tag, "TrainNotFound")
      }))
  })
}
