import type { CurrentUser } from "@berth/domain/Auth"
import { BookingEvent } from "@berth/domain/BookingEvent"
import type { Pnr } from "@berth/domain/Pnr"
import { assert, layer } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { EventLog } from "../../src/events/EventLog.ts"
import { eventsKey } from "../../src/events/EventStream.ts"
import { Webhooks } from "../../src/events/Webhooks.ts"
import { WebhookSender } from "../../src/events/WebhookSender.ts"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { StoreClock } from "../../src/ledger/StoreClock.ts"
import { Cancel } from "../../src/sale/Cancel.ts"
import { pass } from "../payment/Money.ts"
import { engine } from "../TestEngine.ts"
import { expectedSignature, receiver } from "./Receiver.ts"
import { add, publish, send, somebody } from "./WebhookOwners.ts"

const cancelAs = Effect.fnUntraced(function*(caller: CurrentUser["Service"], pnr: Pnr) {
  yield* (yield* Cancel).cancel({ caller, pnr, passengers: undefined })
})

const decodeBody = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Struct({
  type: Schema.String,
  timestamp: Schema.String,
  data: BookingEvent
})))

const allowed = ConfigProvider.layer(ConfigProvider.fromUnknown({ WEBHOOK_PRIVATE_ADDRESSES: "allow" }))

layer(engine.pipe(Layer.provide(allowed)), { excludeTestServices: true, timeout: "60 seconds" })(
  "a webhook",
  (it) => {
    it.effect("is told of its owner's bookings alone, signed with the secret that was shown", () =>
      Effect.scoped(Effect.gen(function*() {
        const at = yield* receiver
        const [owner, other] = [yield* somebody(), yield* somebody()]
        const { secret } = yield* add(owner.caller, at.url)
        yield* other.bookFor()
        const booking = yield* owner.bookFor(2)
        yield* send
        const call = yield* at.next
        assert.strictEqual(yield* at.waiting, 0)
        assert.strictEqual(call.signature, expectedSignature(Redacted.value(secret), call))
        const { data, timestamp, type } = yield* decodeBody(call.body)
        assert.deepInclude(data, { pnr: booking.pnr, kind: "booked", passengers: [1, 2], at: booking.bookedAt })
        assert.deepEqual([type, timestamp, call.id], ["booking.booked", booking.bookedAt, `evt_${data.id}`])
        const nowSeconds = (yield* StoreClock).nowMillisUnsafe() / 1000
        assert.isBelow(Math.abs(nowSeconds - Number(call.timestamp)), 60)
      })))

    it.effect("that fails is tried again, later each time, then given up, read and sent again on demand", () =>
      Effect.scoped(Effect.gen(function*() {
        const at = yield* receiver
        const { bookFor, caller } = yield* somebody()
        const { id } = yield* add(caller, at.url)
        const webhooks = yield* Webhooks
        at.answers(() => 500)
        const { pnr } = yield* bookFor()
        yield* send
        const first = yield* at.next
        // Not at once.
        yield* send
        assert.strictEqual(yield* at.waiting, 0)
        for (let attempt = 2; attempt <= 10; attempt++) {
          yield* pass("8 hours")
          yield* send
          const again = yield* at.next
          assert.deepEqual([again.id, again.body], [first.id, first.body])
        }
        yield* pass("8 hours")
        yield* send
        assert.strictEqual(yield* at.waiting, 0)
        const of = { userId: caller.userId, id }
        const { deadLetters } = yield* webhooks.deadLetters(of, undefined)
        assert.deepEqual(
          deadLetters.map(({ attempts, event, failure }) => [attempts, event.pnr, failure]),
          [[10, pnr, "it answered with status 500"]]
        )
        assert.deepInclude((yield* webhooks.list(caller.userId))[0], { id, pending: 0, dead: 1 })
        at.answers(() => 200)
        assert.strictEqual(yield* webhooks.replay(of, undefined), 1)
        yield* send
        assert.strictEqual((yield* at.next).id, first.id)
        assert.deepEqual((yield* webhooks.deadLetters(of, undefined)).deadLetters, [])
        assert.deepInclude((yield* webhooks.list(caller.userId))[0], { pending: 0, dead: 0 })
      })))

    it.effect("is told of a booking in order, though the first event fails, and of others meanwhile", () =>
      Effect.scoped(Effect.gen(function*() {
        const at = yield* receiver
        const { bookFor, caller } = yield* somebody()
        yield* add(caller, at.url)
        const one = yield* bookFor()
        const two = yield* bookFor()
        const seen: Array<string> = []
        const note = Effect.gen(function*() {
          const { data } = yield* decodeBody((yield* at.next).body)
          seen.push(`${data.pnr === one.pnr ? "one" : "two"} ${data.kind}`)
        })
        at.answers(({ body }) => body.includes(one.pnr) ? 503 : 204)
        yield* cancelAs(caller, one.pnr)
        yield* cancelAs(caller, two.pnr)
        yield* send
        for (let n = 0; n < 3; n++) yield* note
        assert.deepEqual(seen.filter((told) => told.startsWith("two")), ["two booked", "two cancelled"])
        assert.deepEqual(seen.filter((told) => told.startsWith("one")), ["one booked"])
        at.answers(() => 204)
        yield* pass("10 seconds")
        yield* send
        for (let n = 0; n < 2; n++) yield* note
        assert.deepEqual(seen.slice(3), ["one booked", "one cancelled"])
      })))

    it.effect("that does not answer keeps no other waiting, and its answer is not followed elsewhere", () =>
      Effect.scoped(Effect.gen(function*() {
        const [silent, moved, well] = [yield* receiver, yield* receiver, yield* receiver]
        const sender = yield* WebhookSender
        const { bookFor, caller } = yield* somebody()
        silent.answers(() => undefined)
        moved.answers(() => 302)
        yield* add(caller, silent.url)
        const { id } = yield* add(caller, moved.url)
        yield* add(caller, well.url)
        for (let n = 0; n < 9; n++) yield* bookFor()
        yield* publish
        yield* sender.work
        for (let n = 0; n < 9; n++) yield* well.next
        yield* moved.next
        const sql = yield* SqlClient.SqlClient
        const failures = yield* Effect.repeat(
          sql`SELECT failure FROM webhook_delivery WHERE webhook_id = ${id}::float8::bigint AND failure IS NOT NULL`,
          { until: (rows) => rows.length > 0 }
        )
        assert.deepEqual(failures[0], { failure: "it answered with status 302" })
        yield* sql`DELETE FROM webhook`
      })))

    it.effect("is called as soon as something happens, by whoever listens", () =>
      Effect.scoped(Effect.gen(function*() {
        const at = yield* receiver
        const redis = yield* ManagedRedis
        const { bookFor, caller } = yield* somebody()
        yield* add(caller, at.url)
        const { name } = yield* (yield* EventLog).state
        yield* Effect.forkScoped((yield* WebhookSender).listen)
        yield* Effect.repeat(Effect.option(redis.sendPlain("XINFO", "CONSUMERS", eventsKey(name), "webhooks")), {
          until: (found) => found._tag === "Some"
        })
        const { pnr } = yield* bookFor()
        yield* publish
        assert.include((yield* at.next).body, pnr)
      })))

    it.effect("of those who run the railway hears of every booking, until they do so no more", () =>
      Effect.scoped(Effect.gen(function*() {
        const at = yield* receiver
        const sql = yield* SqlClient.SqlClient
        const operator = yield* somebody("operator")
        const passenger = yield* somebody()
        assert.strictEqual((yield* Effect.flip(add(passenger.caller, at.url, "all")))._tag, "Forbidden")
        yield* add(operator.caller, at.url, "all")
        const { pnr } = yield* passenger.bookFor()
        yield* send
        assert.include((yield* at.next).body, pnr)
        yield* sql`UPDATE account SET role = 'clerk' WHERE user_id = ${operator.caller.userId}`
        assert.deepEqual(yield* (yield* Webhooks).list(operator.caller.userId), [])
      })))

    it.effect("ends with its owner's account, and is nobody else's to see", () =>
      Effect.scoped(Effect.gen(function*() {
        const webhooks = yield* Webhooks
        const sql = yield* SqlClient.SqlClient
        const [owner, stranger] = [yield* somebody(), yield* somebody()]
        const { id } = yield* add(owner.caller, "https://example.org/hook")
        const of = { userId: stranger.caller.userId, id }
        for (const call of [webhooks.remove(of), webhooks.deadLetters(of, undefined), webhooks.replay(of, undefined)]) {
          assert.strictEqual((yield* Effect.flip(call))._tag, "WebhookNotFound")
        }
        yield* sql`UPDATE account SET erased_at = berth_now() WHERE user_id = ${owner.caller.userId}`
        assert.deepEqual(yield* webhooks.list(owner.caller.userId), [])
      })))

    it.effect("is one of ten at most", () =>
      Effect.gen(function*() {
        const { caller } = yield* somebody()
        for (let n = 0; n < 10; n++) yield* add(caller, "https://example.org/hook")
        assert.strictEqual((yield* Effect.flip(add(caller, "https://example.org/hook")))._tag, "TooManyWebhooks")
      }))
  }
)
