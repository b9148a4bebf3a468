import { BookingRequest } from "@berth/domain/BookingRequest"
import { IdempotencyKey } from "@berth/domain/IdempotencyKey"
import { UserId } from "@berth/domain/UserId"
import { assert, layer } from "@effect/vitest"
import { Effect, Exit, Schema } from "effect"
import { rpcOver, transports } from "./RpcForTests.ts"
import { dayFromToday } from "./TestNetwork.ts"
import * as TestServer from "./TestServer.ts"
import { tokenOf } from "./TestServer.ts"

const decode = Schema.decodeUnknownEffect(BookingRequest)

/** Without what tells one booking from another. */
const common = <E>(exit: Exit.Exit<{ readonly status: string; readonly userId: string }, E>) =>
  Exit.map(exit, ({ status, userId }) => ({ status, userId }))

layer(TestServer.layer, { timeout: "60 seconds", excludeTestServices: true })("a sale by a remote call", (it) => {
  const clientsOf = Effect.fnUntraced(function*(token: string) {
    const url = yield* TestServer.baseUrl
    return yield* Effect.forEach(transports, (transport) => rpcOver(transport, url, token))
  })
  const requestFor = Effect.fnUntraced(function*(changes: object) {
    const passengers = [{ name: "Example", age: 18 }]
    return yield* decode({ trainId: "101", date: yield* dayFromToday(5), travelClass: "SL", passengers, ...changes })
  })

  // Over HTTP Effect's server sells, over a WebSocket what stands beside it.
  it.effect("is answered alike over HTTP and over a WebSocket, whatever is asked", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const full = yield* dayFromToday(6)
      const six = yield* requestFor({
        date: full,
        passengers: Array.from({ length: 6 }, () => ({ name: "Example", age: 18 }))
      })
      yield* Effect.forEach(yield* clientsOf(token), ({ Book }) => Effect.replicateEffect(Book({ request: six }), 6))
      const cases = [
        ["CONFIRMED", token, {}],
        ["HELD", token, { payment: "hold" }],
        ["Unauthorized", "", {}],
        ["Unauthorized", "berth_nobody", {}],
        ["Forbidden", token, { userId: UserId.make("somebody-else") }],
        ["TrainNotFound", token, { trainId: "999" }],
        ["ClassNotOnTrain", token, { travelClass: "1A" }],
        ["OutsideBookingWindow", token, { date: "2020-01-01" }],
        ["SoldOut", token, { date: full, conditions: { onlyIfConfirmed: true } }]
      ] as const
      for (const [expected, caller, changes] of cases) {
        const request = yield* requestFor(changes)
        const [byHttp, bySocket] = yield* Effect.forEach(yield* clientsOf(caller), (client) =>
          Effect.map(Effect.exit(client.Book({ request })), common))
        assert.deepStrictEqual(bySocket, byHttp)
        assert.include(JSON.stringify(bySocket), expected)
      }
    }))

  it.effect("is made once for a key, whichever way it comes, and refused where the key was another's", () =>
    Effect.gen(function*() {
      const [byHttp, bySocket] = yield* clientsOf(yield* tokenOf("passenger"))
      if (byHttp === undefined || bySocket === undefined) return assert.fail("no clients")
      const asked = { idempotencyKey: IdempotencyKey.make("the-one-key"), request: yield* requestFor({}) }
      const first = yield* bySocket.Book(asked)
      assert.deepStrictEqual([yield* byHttp.Book(asked), yield* bySocket.Book(asked)], [first, first])
      const other = { ...asked, request: yield* requestFor({ passengers: [{ name: "Another", age: 40 }] }) }
      assert.strictEqual((yield* Effect.flip(bySocket.Book(other)))._tag, "IdempotencyConflict")
    }))
})
