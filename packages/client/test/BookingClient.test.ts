import { IdempotencyKey } from "@berth/domain/IdempotencyKey"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { BookingClient } from "../src/BookingClient.ts"
import { attemptsMax } from "../src/RetryPolicy.ts"
import { booking, overloaded, pnr, request, storeAway, trainId } from "./ScriptedAnswers.ts"
import * as ScriptedBerth from "./ScriptedBerth.ts"
import { book, show } from "./ScriptedCalls.ts"

const { cutShort, drop, http, plain, rpc, runOut, silence } = ScriptedBerth

for (const wire of [http, rpc]) {
  describe(`BookingClient ${wire.name}`, () => {
    it.effect("asks again after a broken connection, and gives up with the address and the reason", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([drop])
        const error = yield* runOut(show.pipe(Effect.provide(berth.client(wire)), Effect.flip))
        assert(error._tag === "ConnectionFailed")
        assert.strictEqual(error.reason, "unreachable")
        assert.include(error.message, ScriptedBerth.url)
        assert.include(error.message, "ECONNREFUSED")
        assert.strictEqual(berth.arrivals.length, attemptsMax)
      }))

    it.effect("does not come back before the server wants it", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([wire.refuse(storeAway(3)), wire.succeed(booking)])
        assert.deepStrictEqual(yield* runOut(Effect.provide(show, berth.client(wire))), booking)
        const [first, second, third] = berth.arrivals
        assert(first !== undefined && second !== undefined)
        assert.isAtLeast(second.atMillis - first.atMillis, 3_000)
        assert.isUndefined(third)
      }))

    it.effect("tells the caller at once of a wait that is too long", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([wire.refuse(storeAway(600))])
        const error = yield* runOut(show.pipe(Effect.provide(berth.client(wire)), Effect.flip))
        assert(error._tag === "StoreUnavailable")
        assert.strictEqual(error.retryAfterSeconds, 600)
        assert.strictEqual(berth.arrivals.length, 1)
      }))

    it.effect("asks again when the door refuses before the call is looked at", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([http.refuse(overloaded)])
        const error = yield* runOut(show.pipe(Effect.provide(berth.client(wire)), Effect.flip))
        assert.strictEqual(error._tag, "Overloaded")
        assert.isAbove(berth.arrivals.length, 1)
      }))

    it.effect("reads the wait from the header where a refusal is not one of Berth's", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([
          plain(429, "slow down", { "retry-after": "2" }),
          wire.succeed(booking)
        ])
        yield* runOut(Effect.provide(show, berth.client(wire)))
        const [first, second] = berth.arrivals
        assert(first !== undefined && second !== undefined)
        assert.isAtLeast(second.atMillis - first.atMillis, 2_000)
      }))

    it.effect("does not repeat an answer that stands", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([wire.refuse(
          {
            _tag: "BookingNotFound",
            type: "urn:berth:problem:BookingNotFound",
            title: "Booking not found",
            status: 404,
            detail: "There is no such booking.",
            pnr
          } as const
        )])
        const error = yield* runOut(show.pipe(Effect.provide(berth.client(wire)), Effect.flip))
        assert(error._tag === "BookingNotFound")
        assert.strictEqual(error.pnr, pnr)
        assert.strictEqual(berth.arrivals.length, 1)
      }))

    it.effect("says that somebody else answers there, and does not ask again", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([
          plain(404, "<html>Nothing here</html>", { "content-type": "text/html" })
        ])
        const error = yield* runOut(show.pipe(Effect.provide(berth.client(wire)), Effect.flip))
        assert(error._tag === "ConnectionFailed")
        assert.strictEqual(error.reason, "notUnderstood")
        assert.strictEqual(berth.arrivals.length, 1)
      }))

    it.effect("says that an answer is not what was agreed, and does not ask again", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([wire.succeed({ ...booking, pnr: 7 })])
        const error = yield* runOut(show.pipe(Effect.provide(berth.client(wire)), Effect.flip))
        assert(error._tag === "ConnectionFailed")
        assert.strictEqual(error.reason, "notUnderstood")
        assert.strictEqual(berth.arrivals.length, 1)
      }))

    it.effect("outlives a server that breaks or stops during a call", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([wire.breakDown, wire.stop, wire.succeed(booking)])
        assert.deepStrictEqual(yield* runOut(Effect.provide(show, berth.client(wire))), booking)
      }))

    it.effect("outlives an answer that is cut short", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([cutShort, wire.succeed(booking)])
        assert.deepStrictEqual(yield* runOut(Effect.provide(show, berth.client(wire))), booking)
      }))

    it.effect("stops waiting for a server that is silent", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([silence])
        const error = yield* runOut(show.pipe(Effect.provide(berth.client(wire)), Effect.flip))
        assert(error._tag === "ConnectionFailed")
        assert.strictEqual(error.reason, "timedOut")
        assert.isAbove(berth.arrivals.length, 1)
      }))

    it.effect("keeps one key through all attempts of a booking, and makes another for the next", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([drop, wire.succeed(booking)])
        const keys = () =>
          berth.arrivals.map(({ body, headers }) =>
            headers.get("idempotency-key") ?? JSON.parse(body).payload.idempotencyKey
          )
        yield* runOut(Effect.provide(Effect.andThen(book, book), berth.client(wire)))
        const [first, second, third] = keys()
        assert.isString(first)
        assert.strictEqual(second, first)
        assert.isString(third)
        assert.notStrictEqual(third, first)
      }))

    it.effect("takes the caller's key", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([wire.succeed(booking)])
        const idempotencyKey = IdempotencyKey.make("mine")
        yield* runOut(
          BookingClient.use((client) => client.book({ request, idempotencyKey })).pipe(
            Effect.provide(berth.client(wire))
          )
        )
        const [arrival] = berth.arrivals
        assert(arrival !== undefined)
        assert.include(arrival.body + String(arrival.headers.get("idempotency-key")), "mine")
      }))

    it.effect("asks only once for what must not happen twice", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([drop])
        const errors = yield* runOut(
          BookingClient.use((client) =>
            Effect.all([
              Effect.flip(client.cancel({ pnr })),
              Effect.flip(client.replaceSeatConfig({ trainId, version: 1, config: { pools: [] } }))
            ])
          ).pipe(Effect.provide(berth.client(wire)))
        )
        assert.deepStrictEqual(errors.map((error) => error._tag), ["ConnectionFailed", "ConnectionFailed"])
        assert.strictEqual(berth.arrivals.length, 2)
      }))

    it.effect("refuses a request that breaks the rules of its fields without a call", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([drop])
        const error = yield* BookingClient.use((client) =>
          client.book({ request: { ...request, passengers: [{ name: "Example", age: 200 }] } })
        ).pipe(Effect.provide(berth.client(wire)), Effect.flip)
        assert(error._tag === "InvalidRequest")
        assert.deepStrictEqual(error.errors.map(({ path }) => path), [["passengers", 0, "age"]])
        assert.include(error.message, "passengers: 0: age")
        assert.strictEqual(berth.arrivals.length, 0)
      }))

    it.effect("sends the token with personal calls", () =>
      Effect.gen(function*() {
        const berth = yield* ScriptedBerth.make([wire.succeed(booking)])
        yield* runOut(Effect.provide(show, berth.client(wire, Redacted.make("berth_secret"))))
        const [arrival] = berth.arrivals
        assert(arrival !== undefined)
        const headers = wire === http ? arrival.headers : new Headers(JSON.parse(arrival.body).headers)
        assert.strictEqual(headers.get("authorization"), "Bearer berth_secret")
      }))
  })
}
