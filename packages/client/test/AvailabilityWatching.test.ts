import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { attemptsMax } from "../src/RetryPolicy.ts"
import { availability, storeAway } from "./ScriptedAnswers.ts"
import * as ScriptedBerth from "./ScriptedBerth.ts"
import { freeSeen } from "./ScriptedCalls.ts"

const { drop, http, plain, rpc, rpcStream, runOut } = ScriptedBerth

const tagged = (free: number, etag: string) =>
  plain(200, JSON.stringify(availability(free)), { "content-type": "application/json", etag })

describe("BookingClient watching", () => {
  it.effect("over HTTP asks with the tag of what it has seen, and outlives broken connections", () =>
    Effect.gen(function*() {
      const berth = yield* ScriptedBerth.make([
        tagged(2, `"a"`),
        () => Promise.resolve(new Response(null, { status: 304 })),
        drop,
        tagged(2, `"b"`),
        tagged(1, `"c"`)
      ])
      assert.deepStrictEqual(yield* runOut(Effect.provide(freeSeen(2), berth.client(http))), [2, 1])
      assert.deepStrictEqual(
        berth.arrivals.map(({ headers }) => headers.get("if-none-match")),
        [null, `"a"`, `"a"`, `"a"`, `"b"`]
      )
    }))

  it.effect("over HTTP passes on what the server refuses", () =>
    Effect.gen(function*() {
      const berth = yield* ScriptedBerth.make([http.refuse(storeAway(600))])
      const error = yield* runOut(freeSeen(1).pipe(Effect.provide(berth.client(http)), Effect.flip))
      assert.strictEqual(error._tag, "StoreUnavailable")
    }))

  it.effect("over RPC opens a stream anew that broke, ended or fell silent, and says nothing twice", () =>
    Effect.gen(function*() {
      const berth = yield* ScriptedBerth.make([
        rpcStream([availability(3)], "break"),
        rpc.succeed(null),
        rpcStream([availability(3), availability(2)], "silence"),
        rpcStream([availability(2), availability(1)], "silence")
      ])
      assert.deepStrictEqual(yield* runOut(Effect.provide(freeSeen(3), berth.client(rpc))), [3, 2, 1])
      assert.strictEqual(berth.arrivals.length, 4)
    }))

  it.effect("over RPC gives up where no stream comes about", () =>
    Effect.gen(function*() {
      const berth = yield* ScriptedBerth.make([drop])
      const error = yield* runOut(freeSeen(1).pipe(Effect.provide(berth.client(rpc)), Effect.flip))
      assert.strictEqual(error._tag, "ConnectionFailed")
      assert.strictEqual(berth.arrivals.length, attemptsMax)
    }))
})
