import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { dayFromToday } from "./TestNetwork.ts"
import * as TestServer from "./TestServer.ts"
import { call, tokenOf } from "./TestServer.ts"

const party = [{ name: "Example", berth: "LB", age: 18 }, { name: "Another", berth: "LB", age: 18 }]

const requestFor = Effect.fnUntraced(function*(more: Readonly<Record<string, string | boolean | object>> = {}) {
  const request = {
    trainId: "101",
    date: yield* dayFromToday(5),
    travelClass: "SL",
    quota: "GENERAL",
    passengers: party
  }
  return JSON.stringify({ ...request, ...more })
})

layer(TestServer.layer, { timeout: "60 seconds", excludeTestServices: true })("booking over HTTP", (it) => {
  it.effect("a booking is created, shown and listed as the contract says", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger", "user_789")
      const made = yield* call("/api/bookings", { token, body: yield* requestFor({ userId: "user_789" }) })
      assert.strictEqual(made.status, 201, made.text)
      const pnr = String(made.body["pnr"])
      assert.match(pnr, /^[1-9]\d{9}$/)
      assert.strictEqual(made.headers.get("location"), `/api/bookings/${pnr}`)
      assert.deepInclude(made.body, { status: "CONFIRMED", from: "AAA", to: "DDD", quota: "GN", userId: "user_789" })
      assert.deepEqual(made.body["passengers"], [
        { number: 1, name: "Example", age: 18, status: "CONFIRMED", coach: "S1", seat: "S1-1", berth: "LB" },
        { number: 2, name: "Another", age: 18, status: "CONFIRMED", coach: "S1", seat: "S1-4", berth: "LB" }
      ])
      const shown = yield* call(`/api/bookings/${pnr}`, { token })
      assert.strictEqual(shown.status, 200)
      assert.deepEqual(shown.body["passengers"], made.body["passengers"])
      const mine = yield* call("/api/bookings", { token })
      assert.deepEqual(mine.body, { bookings: [shown.body] })
    }))

  it.effect("a key used again answers 200 with the same body and sells nothing more", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const asked = {
        token,
        headers: { "idempotency-key": "once" },
        body: yield* requestFor({ passengers: party.slice(1) })
      }
      const first = yield* call("/api/bookings", asked)
      const second = yield* call("/api/bookings", asked)
      assert.deepEqual([first.status, second.status], [201, 200])
      assert.strictEqual(second.text, first.text)
      const other = yield* call("/api/bookings", { ...asked, body: yield* requestFor({ from: "BBB" }) })
      assert.strictEqual(other.status, 409)
      assert.strictEqual(other.body["_tag"], "IdempotencyConflict")
      const mine = yield* call("/api/bookings", { token })
      assert.lengthOf(JSON.parse(mine.text).bookings, 1)
    }))

  it.effect("a cancel takes no body, an empty one, an empty object or numbers of passengers", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      for (
        const { asked, left } of [
          { asked: { method: "POST" }, left: "CANCELLED" },
          { asked: { body: "" }, left: "CANCELLED" },
          { asked: { body: {} }, left: "CANCELLED" },
          { asked: { body: { passengers: [1] } }, left: "CONFIRMED" }
        ]
      ) {
        const made = yield* call("/api/bookings", { token, body: yield* requestFor() })
        const cancelled = yield* call(`/api/bookings/${String(made.body["pnr"])}/cancel`, { token, ...asked })
        assert.strictEqual(cancelled.status, 200, cancelled.text)
        assert.deepInclude(cancelled.body, { refund: { amount: 0, currency: "INR" } })
        assert.strictEqual(JSON.parse(cancelled.text).booking.status, left)
      }
    }))

  it.effect("what is cancelled already is a conflict, and who is not there leaves everybody seated", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const made = yield* call("/api/bookings", { token, body: yield* requestFor() })
      const path = `/api/bookings/${String(made.body["pnr"])}/cancel`
      const stranger = yield* call(path, { token, body: { passengers: [1, 6] } })
      assert.strictEqual(stranger.body["_tag"], "NothingToCancel")
      assert.strictEqual((yield* call(path, { token, method: "POST" })).status, 200)
      const again = yield* call(path, { token, method: "POST" })
      assert.deepEqual([again.status, again.body["_tag"]], [409, "NothingToCancel"])
    }))

  it.effect("another's booking is not found, but for an admin", () =>
    Effect.gen(function*() {
      const owner = yield* tokenOf("passenger")
      const other = yield* tokenOf("passenger")
      const admin = yield* tokenOf("admin")
      const made = yield* call("/api/bookings", { token: owner, body: yield* requestFor() })
      const path = `/api/bookings/${String(made.body["pnr"])}`
      const hidden = yield* call(path, { token: other })
      assert.deepEqual([hidden.status, hidden.body["_tag"]], [404, "BookingNotFound"])
      const kept = yield* call(`${path}/cancel`, { token: other, method: "POST" })
      assert.strictEqual(kept.status, 404)
      const seen = yield* call(path, { token: admin })
      assert.deepEqual([seen.status, seen.body["status"]], [200, "CONFIRMED"])
    }))

  it.effect("only an admin books for somebody else", () =>
    Effect.gen(function*() {
      const body = yield* requestFor({ userId: "somebody" })
      const refused = yield* call("/api/bookings", { token: yield* tokenOf("passenger"), body })
      assert.deepEqual([refused.status, refused.body["_tag"]], [403, "Forbidden"])
      const made = yield* call("/api/bookings", { token: yield* tokenOf("admin"), body })
      assert.deepEqual([made.status, made.body["userId"]], [201, "somebody"])
    }))

  it.effect("a passenger who calls too often is told when to come back, but may repeat a booking", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const asked = { token, headers: { "idempotency-key": "kept" }, body: yield* requestFor() }
      assert.strictEqual((yield* call("/api/bookings", asked)).status, 201)
      const answers = yield* Effect.forEach(Array.from({ length: 200 }), () => call("/api/bookings", { token }), {
        concurrency: 16
      })
      assert.isAtLeast(answers.filter(({ status }) => status === 200).length, 119)
      const refused = answers.find(({ status }) => status === 429)
      assert.strictEqual(refused?.body["_tag"], "RateLimited")
      assert.strictEqual(refused?.headers.get("retry-after"), "1")
      assert.strictEqual((yield* call("/api/bookings", asked)).status, 200)
    }))

  it.effect("a party that would rather have nothing than wait is told that the train is sold out", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const six = Array.from({ length: 6 }, (_, index) => ({ name: `Passenger ${index}`, age: 30 }))
      const request = { trainId: "102", passengers: six }
      for (let full = 0; full < 2; full++) {
        const made = yield* call("/api/bookings", { token, body: yield* requestFor(request) })
        assert.deepEqual([made.status, made.body["status"]], [201, "CONFIRMED"])
      }
      const proud = yield* requestFor({ trainId: "102", conditions: { onlyIfConfirmed: true } })
      const refused = yield* call("/api/bookings", { token, body: proud })
      assert.deepEqual([refused.status, refused.body["_tag"]], [409, "SoldOut"])
      const waiting = yield* call("/api/bookings", { token, body: yield* requestFor({ trainId: "102" }) })
      assert.deepEqual([waiting.status, waiting.body["status"]], [201, "WAITLISTED"])
    }))
})
