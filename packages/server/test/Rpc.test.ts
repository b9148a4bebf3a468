import { BookingRequest } from "@berth/domain/BookingRequest"
import { IdempotencyKey } from "@berth/domain/IdempotencyKey"
import { TrainId } from "@berth/domain/TrainId"
import { assert, layer } from "@effect/vitest"
import { Effect, Queue, Schema, Stream } from "effect"
import { rpcOver, transports } from "./RpcForTests.ts"
import { dayFromToday } from "./TestNetwork.ts"
import * as TestServer from "./TestServer.ts"
import { tokenOf } from "./TestServer.ts"

const trainId = TrainId.make("101")
const decode = Schema.decodeUnknownEffect(BookingRequest)

const requestFor = Effect.fnUntraced(function*(days: number) {
  const passengers = [{ name: "Example", age: 30 }, { name: "Another", age: 31 }]
  return yield* decode({ trainId, date: yield* dayFromToday(days), travelClass: "SL", passengers })
})

for (const transport of transports) {
  layer(TestServer.layer, { timeout: "60 seconds", excludeTestServices: true })(
    `remote calls over ${transport}`,
    (it) => {
      const clientOf = Effect.fnUntraced(function*(token: string) {
        return yield* rpcOver(transport, yield* TestServer.baseUrl, token)
      })

      it.effect("a booking is made once for a key, shown, listed and cancelled", () =>
        Effect.gen(function*() {
          const client = yield* clientOf(yield* tokenOf("passenger"))
          const asked = { idempotencyKey: IdempotencyKey.make("once"), request: yield* requestFor(5) }
          const booking = yield* client.Book(asked)
          assert.strictEqual(booking.status, "CONFIRMED")
          assert.deepEqual(yield* client.Book(asked), booking)
          assert.deepEqual(yield* client.Show({ pnr: booking.pnr }), booking)
          assert.deepEqual(yield* client.Bookings({}), { bookings: [booking] })
          const cancelled = yield* client.Cancel({ pnr: booking.pnr, request: {} })
          assert.strictEqual(cancelled.booking.status, "CANCELLED")
          const again = yield* Effect.flip(client.Cancel({ pnr: booking.pnr, request: {} }))
          assert.strictEqual(again._tag, "NothingToCancel")
        }))

      it.effect("a hold is paid once, however often", () =>
        Effect.gen(function*() {
          const client = yield* clientOf(yield* tokenOf("passenger"))
          const held = yield* client.Book({ request: { ...(yield* requestFor(6)), payment: "hold" } })
          assert.strictEqual(held.status, "HELD")
          assert.isDefined(held.expiresAt)
          const paid = yield* client.Pay({ pnr: held.pnr })
          assert.strictEqual(paid.status, "CONFIRMED")
          assert.deepEqual(yield* client.Pay({ pnr: held.pnr }), paid)
          const { pnr } = yield* client.Book({ request: yield* requestFor(6) })
          assert.strictEqual((yield* Effect.flip(client.Pay({ pnr })))._tag, "NothingToPay")
        }))

      it.effect("errors arrive as themselves", () =>
        Effect.gen(function*() {
          const owner = yield* clientOf(yield* tokenOf("passenger"))
          const other = yield* clientOf(yield* tokenOf("passenger"))
          const nobody = yield* clientOf("nothing")
          const { pnr } = yield* owner.Book({ request: yield* requestFor(5) })
          assert.strictEqual((yield* Effect.flip(other.Show({ pnr })))._tag, "BookingNotFound")
          assert.strictEqual((yield* Effect.flip(nobody.Show({ pnr })))._tag, "Unauthorized")
          assert.strictEqual((yield* Effect.flip(other.SeatConfig({ trainId })))._tag, "Forbidden")
          const far = yield* Effect.flip(owner.Availability({ trainId, date: yield* dayFromToday(200) }))
          assert.strictEqual(far._tag, "OutsideBookingWindow")
        }))

      it.effect("the timetable is read without a token", () =>
        Effect.gen(function*() {
          const client = yield* clientOf("")
          assert.strictEqual((yield* client.Train({ trainId })).name, "Train 101")
          assert.lengthOf((yield* client.Stations({ query: "AAA" })).stations, 1)
        }))

      it.effect("a watched journey tells what is free now, and again when something was sold", () =>
        Effect.gen(function*() {
          const client = yield* clientOf(yield* tokenOf("passenger"))
          const request = yield* requestFor(12)
          const seen = yield* Queue.unbounded<number>()
          yield* client.WatchAvailability({ trainId, date: request.date }).pipe(
            Stream.runForEach(({ classes }) => Queue.offer(seen, classes[0]?.quotas[0]?.free ?? -1)),
            Effect.forkScoped
          )
          assert.strictEqual(yield* Queue.take(seen), 72)
          yield* client.Book({ request })
          assert.strictEqual(yield* Queue.take(seen), 70)
        }))

      it.effect("a watch of a train that is not there fails as itself", () =>
        Effect.gen(function*() {
          const client = yield* clientOf("")
          const watch = client.WatchAvailability({ trainId: TrainId.make("999"), date: yield* dayFromToday(5) })
          const error = yield* Effect.flip(Stream.runDrain(watch))
          assert.strictEqual(error._tag, "TrainNotFound")
        }))
    }
  )
}
