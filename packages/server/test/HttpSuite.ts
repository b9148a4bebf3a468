import { EventPublisher } from "@berth/engine/events/EventPublisher"
import { assert, type Vitest } from "@effect/vitest"
import { Effect, Option } from "effect"
import { eventSource } from "./EventMessages.ts"
import { call, type Needs, requestFor, RunningServer } from "./RunningServer.ts"
import { tokenOf } from "./TestServer.ts"

/** What a server answers to requests of HTTP. */
export const suite = (it: Vitest.MethodsNonLive<Needs>): void => {
  it.effect("health, the timetable, the description and the figures are there", () =>
    Effect.gen(function*() {
      assert.deepEqual((yield* call("/health")).body, { status: "ok" })
      assert.strictEqual((yield* call("/api/trains/101")).body["name"], "Train 101")
      for (const path of ["/openapi.json", "/docs", "/metrics", "/health/live"]) {
        assert.strictEqual((yield* call(path)).status, 200, path)
      }
    }))

  it.effect("a booking is made once for a key, shown and cancelled over HTTP", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const asked = { token, headers: { "idempotency-key": "once" }, body: JSON.stringify(yield* requestFor(5)) }
      const made = yield* call("/api/bookings", asked)
      assert.strictEqual(made.status, 201, made.text)
      const again = yield* call("/api/bookings", asked)
      assert.deepEqual([again.status, again.text], [200, made.text])
      const path = `/api/bookings/${String(made.body["pnr"])}`
      assert.strictEqual((yield* call(path, { token })).body["status"], "CONFIRMED")
      const cancelled = yield* call(`${path}/cancel`, { token, method: "POST" })
      assert.strictEqual(cancelled.status, 200, cancelled.text)
    }))

  it.effect("events of a booking come as they happen, and after a break those that were not seen", () =>
    Effect.scoped(Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const { publish } = yield* EventPublisher
      const made = yield* call("/api/bookings", { token, body: JSON.stringify(yield* requestFor(5)) })
      const path = `/api/bookings/${String(made.body["pnr"])}`
      const url = `${(yield* RunningServer).url}${path}/events`
      yield* publish
      const kinds: Array<string> = []
      const lastId = yield* Effect.scoped(Effect.gen(function*() {
        const source = yield* eventSource(url, { authorization: `Bearer ${token}` })
        kinds.push(Option.getOrThrow(yield* source.next).kind)
        return source.lastId()
      }))
      const source = yield* eventSource(url, { authorization: `Bearer ${token}`, "last-event-id": lastId })
      yield* call(`${path}/cancel`, { token, method: "POST" })
      yield* publish
      kinds.push(Option.getOrThrow(yield* source.next).kind)
      assert.deepEqual(kinds, ["booked", "cancelled"])
    })))

  it.effect("what is asked wrongly is answered with problems", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const request = { ...yield* requestFor(5), passengers: [{ name: "", age: 200 }] }
      const bad = yield* call("/api/bookings", { token, body: JSON.stringify(request) })
      assert.deepEqual([bad.status, bad.body["_tag"]], [400, "InvalidRequest"])
      const large = yield* call("/api/bookings", { token, body: " ".repeat(65_537) })
      assert.deepEqual([large.status, large.body["_tag"]], [413, "PayloadTooLarge"])
      assert.strictEqual((yield* call("/api/nothing")).body["_tag"], "PathNotFound")
      assert.strictEqual((yield* call("/api/bookings")).body["_tag"], "Unauthorized")
      assert.strictEqual((yield* call("/rpc")).body["_tag"], "MethodNotAllowed")
      assert.strictEqual((yield* call("/rpc/ws")).body["_tag"], "UpgradeNeeded")
    }))
}
