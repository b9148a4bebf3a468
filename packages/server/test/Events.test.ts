import type { Role } from "@berth/domain/Auth"
import { EventPublisher } from "@berth/engine/events/EventPublisher"
import { assert, layer } from "@effect/vitest"
import { Effect, Option } from "effect"
import { eventSource } from "./EventMessages.ts"
import { dayFromToday } from "./TestNetwork.ts"
import * as TestServer from "./TestServer.ts"
import { baseUrl, call, tokenOf } from "./TestServer.ts"

const publish = Effect.flatMap(EventPublisher, (publisher) => publisher.publish)

/** Somebody with a booking of two on a day of its own. */
const booked = Effect.fnUntraced(function*(days: number, role: Role = "passenger") {
  const token = yield* tokenOf(role)
  const date = yield* dayFromToday(days)
  const passengers = [{ name: "Quintessa", age: 30 }, { name: "Ravi", age: 40 }]
  const { body, text } = yield* call("/api/bookings", {
    token,
    body: { trainId: "101", date, travelClass: "SL", passengers }
  })
  assert.isString(body["pnr"], text)
  const pnr = String(body["pnr"])
  yield* publish
  const cancel = Effect.fnUntraced(function*(passenger: number) {
    yield* call(`/api/bookings/${pnr}/cancel`, { token, body: { passengers: [passenger] } })
    yield* publish
  })
  return { token, date, pnr, cancel, events: `${yield* baseUrl}/api/bookings/${pnr}/events` }
})

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

const kindOf = (found: Option.Option<{ readonly kind: string; readonly passengers: unknown }>) =>
  Option.getOrUndefined(Option.map(found, ({ kind, passengers }) => `${kind} ${String(passengers)}`))

layer(TestServer.layer, { timeout: "60 seconds", excludeTestServices: true })("server-sent events", (it) => {
  it.effect("of a booking begin with its first, and go on after the last that was seen", () =>
    Effect.scoped(Effect.gen(function*() {
      const { cancel, events, pnr, token } = yield* booked(5)
      const lastId = yield* Effect.scoped(Effect.gen(function*() {
        const source = yield* eventSource(events, bearer(token))
        assert.match(source.response.headers.get("content-type") ?? "", /^text\/event-stream/)
        assert.strictEqual(source.response.headers.get("cache-control"), "no-store")
        assert.strictEqual(kindOf(yield* source.next), "booked 1,2")
        return source.lastId()
      }))
      yield* cancel(1)
      const again = yield* eventSource(events, { ...bearer(token), "last-event-id": lastId })
      assert.strictEqual(kindOf(yield* again.next), "cancelled 1")
      yield* cancel(2)
      const second = yield* again.next
      assert.strictEqual(kindOf(second), "cancelled 2")
      assert.strictEqual(Option.getOrThrow(second).pnr, pnr)
      const byCursor = yield* eventSource(`${events}?cursor=${again.lastId()}`, bearer(token))
      assert.strictEqual(yield* byCursor.start, again.lastId())
    })))

  it.effect("of a run are for everybody, say nothing of whose booking it is, and lose nothing before the first", () =>
    Effect.scoped(Effect.gen(function*() {
      const before = yield* booked(6)
      const url = `${yield* baseUrl}/api/trains/101/events?date=${before.date}`
      const start = yield* Effect.scoped(Effect.flatMap(eventSource(url), (source) => source.start))
      yield* before.cancel(2)
      const source = yield* eventSource(`${url}&cursor=${start}`)
      const found = Option.getOrThrow(yield* source.next)
      assert.strictEqual(found.kind, "cancelled")
      assert.strictEqual(found.passengers, 1)
      assert.isUndefined(found.pnr)
    })))

  it.effect("are refused to strangers, for runs that there are not, and after cursors that are gone", () =>
    Effect.gen(function*() {
      const { date, events, pnr, token } = yield* booked(7)
      const path = `/api/bookings/${pnr}/events`
      const stranger = yield* call(path, { token: yield* tokenOf("passenger") })
      assert.deepEqual([stranger.status, stranger.body["_tag"]], [404, "BookingNotFound"])
      assert.strictEqual((yield* call(path)).status, 401)
      assert.strictEqual((yield* call(`/api/trains/none/events?date=${date}`)).body["_tag"], "RunNotFound")
      assert.strictEqual((yield* call(`${path}?cursor=x`, { token })).status, 400)
      const gone = yield* call(`${path}?cursor=999999999999`, { token })
      assert.deepEqual([gone.status, gone.body["_tag"]], [410, "CursorGone"])
      assert.include(events, pnr)
    }))

  it.effect("leave room for others when they are broken off", () =>
    Effect.gen(function*() {
      const { events, token } = yield* booked(8)
      const watched = Effect.map(call("/metrics"), ({ text }) => /^berth_watchers (\d+)/m.exec(text)?.[1])
      yield* Effect.repeat(watched, { until: (count) => count === "0" })
      yield* Effect.scoped(Effect.gen(function*() {
        const source = yield* eventSource(events, bearer(token))
        yield* source.next
        assert.strictEqual(yield* watched, "1")
      }))
      yield* Effect.repeat(watched, { until: (count) => count === "0" })
    }))
})
