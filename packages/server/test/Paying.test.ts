import { StoreClock } from "@berth/engine/ledger/StoreClock"
import { GatewayJobs } from "@berth/engine/payment/GatewayJobs"
import { SandboxPayments } from "@berth/engine/payment/SandboxPayments"
import { HoldExpiry } from "@berth/engine/sale/HoldExpiry"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { dayFromToday } from "./TestNetwork.ts"
import * as TestServer from "./TestServer.ts"
import { call, tokenOf } from "./TestServer.ts"

const hold = Effect.fnUntraced(function*(token: string, key?: string) {
  return yield* call("/api/bookings", {
    token,
    headers: key === undefined ? {} : { "idempotency-key": key },
    body: {
      trainId: "101",
      date: yield* dayFromToday(5),
      travelClass: "SL",
      passengers: [{ name: "Example", age: 18 }, { name: "Another", age: 18 }],
      payment: "hold"
    }
  })
})

const pay = (token: string, pnr: unknown, key?: string) =>
  call(`/api/bookings/${String(pnr)}/pay`, {
    method: "POST",
    token,
    headers: key === undefined ? {} : { "idempotency-key": key }
  })

const passHolds = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE store_clock SET shift = shift + '11 minutes'`
  yield* (yield* StoreClock).refresh
})

layer(TestServer.layer, { timeout: "60 seconds", excludeTestServices: true })("paying over HTTP", (it) => {
  it.effect("a hold is made with 201, shown, paid, and paid again with the same answer", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const held = yield* hold(token, "held-once")
      assert.strictEqual(held.status, 201, held.text)
      assert.strictEqual(held.body["status"], "HELD")
      assert.match(String(held.body["expiresAt"]), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
      // Three hundred kilometres at the sample fare, for two.
      assert.deepEqual(held.body["amountDue"], { amount: 36_000, currency: "INR" })
      const pnr = held.body["pnr"]
      assert.strictEqual((yield* call(`/api/bookings/${String(pnr)}`, { token })).text, held.text)
      const paid = yield* pay(token, pnr, "paid-once")
      assert.deepEqual([paid.status, paid.body["status"], paid.body["pnr"]], [200, "CONFIRMED", pnr])
      assert.notProperty(paid.body, "expiresAt")
      for (const again of [yield* pay(token, pnr, "paid-once"), yield* pay(token, pnr)]) {
        assert.deepEqual([again.status, again.text], [200, paid.text])
      }
      const replayed = yield* hold(token, "held-once")
      assert.deepEqual([replayed.status, replayed.text], [200, held.text])
    }))

  it.effect("a hold that expired is gone, with 410", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const { body } = yield* hold(token)
      yield* passHolds
      yield* (yield* HoldExpiry).expire
      const refused = yield* pay(token, body["pnr"])
      assert.deepEqual([refused.status, refused.body["_tag"]], [410, "HoldExpired"])
      assert.strictEqual(refused.headers.get("content-type"), "application/problem+json")
    }))

  it.effect("a cancelled payer is told what goes back, and who did not pay that there is nothing to pay", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const { body: { pnr } } = yield* hold(token)
      yield* pay(token, pnr)
      const cancelled = yield* call(`/api/bookings/${String(pnr)}/cancel`, { token, body: { passengers: [1] } })
      assert.deepEqual(cancelled.body["refund"], { amount: 18_000, currency: "INR" })
      const { body } = yield* hold(token)
      yield* call(`/api/bookings/${String(body["pnr"])}/cancel`, { method: "POST", token })
      const refused = yield* pay(token, body["pnr"])
      assert.deepEqual([refused.status, refused.body["_tag"]], [409, "NothingToPay"])
      const other = yield* pay(yield* tokenOf("passenger"), pnr)
      assert.deepEqual([other.status, other.body["_tag"]], [404, "BookingNotFound"])
    }))

  it.effect("a bank that says no is 402, and one that says nothing is 503 with a time to ask again", () =>
    Effect.gen(function*() {
      const sandbox = yield* SandboxPayments
      yield* Effect.addFinalizer(() => sandbox.tell(() => "answers"))
      const token = yield* tokenOf("passenger")
      const { body: { pnr } } = yield* hold(token)
      yield* sandbox.tell(() => "declines")
      const declined = yield* pay(token, pnr)
      assert.deepEqual([declined.status, declined.body["_tag"]], [402, "PaymentDeclined"])
      yield* sandbox.tell(() => "late")
      const pending = yield* pay(token, pnr)
      assert.deepEqual([pending.status, pending.body["_tag"]], [503, "PaymentPending"])
      assert.strictEqual(pending.headers.get("retry-after"), "2")
      yield* sandbox.tell(() => "answers")
      yield* passHolds
      yield* (yield* GatewayJobs).work
      assert.strictEqual((yield* call(`/api/bookings/${String(pnr)}`, { token })).body["status"], "CONFIRMED")
    }))
})
