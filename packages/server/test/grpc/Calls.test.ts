import {
  AvailabilityReplySchema,
  BookingSchema,
  BookingService,
  TrainListSchema
} from "@berth/server/generated/berth/v1/berth_pb"
import { type DescMessage, type MessageShape, toJson } from "@bufbuild/protobuf"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { dayFromToday } from "../TestNetwork.ts"
import { call, tokenOf } from "../TestServer.ts"
import * as TestClients from "./TestClients.ts"
import { answered, bearer, clientOf, transports } from "./TestClients.ts"

const requestFor = Effect.fnUntraced(function*(days: number) {
  return {
    trainId: "101",
    date: yield* dayFromToday(days),
    travelClass: "SL",
    quota: "GENERAL",
    from: "AAA",
    passengers: [{ name: "Example", berth: "LB", age: 0 }, { name: "Ançther 🚆", age: 31, gender: "F" }],
    conditions: { sameCoach: true }
  }
})

/** A message as the JSON of an HTTP answer. */
const json = <Desc extends DescMessage>(desc: Desc, message: MessageShape<Desc>): unknown =>
  toJson(desc, message, { alwaysEmitImplicit: true })

layer(TestClients.layer, { timeout: "60 seconds", excludeTestServices: true })("the booking service", (it) => {
  for (const [name, transport] of transports) {
    it.effect(`books, shows and cancels over ${name}, and answers what HTTP answers`, () =>
      Effect.gen(function*() {
        const client = clientOf(yield* transport)
        const token = yield* tokenOf("passenger")
        const request = yield* requestFor(5)
        const booking = yield* answered(() => client.book(request, bearer(token)))
        assert.strictEqual(booking.status, "CONFIRMED")
        assert.deepEqual(booking.passengers.map(({ age, coach }) => [age, coach]), [[0, "S1"], [31, "S1"]])

        const overHttp = yield* call(`/api/bookings/${booking.pnr}`, { token })
        assert.deepEqual(json(BookingSchema, booking), overHttp.body)
        const shown = yield* answered(() => client.show({ pnr: booking.pnr }, bearer(token)))
        assert.deepEqual(json(BookingSchema, shown), overHttp.body)

        const some = yield* answered(() => client.cancel({ pnr: booking.pnr, passengers: [2] }, bearer(token)))
        assert.deepEqual(some.booking?.passengers.map(({ status }) => status), ["CONFIRMED", "CANCELLED"])
        const all = yield* answered(() => client.cancel({ pnr: booking.pnr }, bearer(token)))
        assert.deepEqual([all.booking?.status, all.refund?.amount, all.refund?.currency], ["CANCELLED", 0n, "INR"])
      }))

    it.effect(`holds and pays over ${name}, and answers what HTTP answers`, () =>
      Effect.gen(function*() {
        const client = clientOf(yield* transport)
        const token = yield* tokenOf("passenger")
        const request = { ...(yield* requestFor(9)), payment: "hold" }
        const held = yield* answered(() => client.book(request, bearer(token)))
        assert.strictEqual(held.status, "HELD")
        const { body: { amountDue, ...overHttp } } = yield* call(`/api/bookings/${held.pnr}`, { token })
        assert.deepEqual(amountDue, { amount: Number(held.amountDue?.amount), currency: "INR" })
        assert.deepEqual(json(BookingSchema, { ...held, amountDue: undefined }), overHttp)

        const paid = yield* answered(() => client.pay({ pnr: held.pnr }, bearer(token)))
        assert.strictEqual(paid.status, "CONFIRMED")
        assert.deepEqual(json(BookingSchema, paid), (yield* call(`/api/bookings/${held.pnr}`, { token })).body)
        const account = yield* answered(() => client.book({ ...request, payment: "account" }, bearer(token)))
        const refused = yield* TestClients.refused(() => client.pay({ pnr: account.pnr }, bearer(token)))
        assert.deepEqual(refused, ["FailedPrecondition", "NothingToPay"])
      }))

    it.effect(`finds trains and what is free on them without a token over ${name}`, () =>
      Effect.gen(function*() {
        const client = clientOf(yield* transport)
        const date = yield* dayFromToday(6)
        const trains = yield* answered(() => client.trains({ from: "AAA", to: "DDD", date }))
        const found = yield* call(`/api/trains?from=AAA&to=DDD&date=${date}`)
        assert.deepEqual(json(TrainListSchema, trains), found.body)
        const free = yield* answered(() => client.availability({ trainId: "101", date, to: "BBB" }))
        assert.strictEqual(free.classes[0]?.quotas[0]?.free, 72)
        const freeOverHttp = yield* call(`/api/trains/101/availability?date=${date}&to=BBB`)
        assert.deepEqual(json(AvailabilityReplySchema, free), freeOverHttp.body)
      }))

    it.effect(`a key used again over ${name} answers the same booking, and another body is refused`, () =>
      Effect.gen(function*() {
        const client = clientOf(yield* transport)
        const token = yield* tokenOf("passenger")
        const request = yield* requestFor(7)
        const options = { headers: { authorization: `Bearer ${token}`, "idempotency-key": "once" } }
        const first = yield* answered(() => client.book(request, options))
        assert.deepEqual(yield* answered(() => client.book(request, options)), first)
        const other = yield* TestClients.refused(() => client.book({ ...request, from: "BBB" }, options))
        assert.deepEqual(other, ["AlreadyExists", "IdempotencyConflict"])
        const again = yield* call("/api/bookings", {
          token,
          headers: { "idempotency-key": "once" },
          body: JSON.stringify(request)
        })
        assert.deepEqual([again.status, again.body["pnr"]], [200, first.pnr])
      }))
  }

  it.effect("plain JSON over POST is enough, and says what is free even where it is 0", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const path = `/${BookingService.typeName}`
      const made = yield* call(`${path}/Book`, { token, body: JSON.stringify(yield* requestFor(8)) })
      assert.deepEqual([made.status, made.body["status"]], [200, "CONFIRMED"])
      const cancelled = yield* call(`${path}/Cancel`, { token, body: { pnr: String(made.body["pnr"]) } })
      assert.deepEqual(cancelled.body["refund"], { amount: "0", currency: "INR" })
    }))
})
