import { TrainId } from "@berth/domain/TrainId"
import { assert, type Vitest } from "@effect/vitest"
import { Effect, Queue, Stream } from "effect"
import type { Transport } from "./RpcForTests.ts"
import { clientOver, type Needs, requestFor, trainId } from "./RunningServer.ts"
import { dayFromToday } from "./TestNetwork.ts"
import { tokenOf } from "./TestServer.ts"

const smallTrain = TrainId.make("102")

/** What a server answers to remote calls over a transport. */
export const suite = (it: Vitest.MethodsNonLive<Needs>, transport: Transport): void => {
  it.effect(`remote calls over ${transport} do the same, and their errors arrive as themselves`, () =>
    Effect.gen(function*() {
      const client = yield* clientOver(transport, yield* tokenOf("passenger"))
      const other = yield* clientOver(transport, yield* tokenOf("passenger"))
      const nobody = yield* clientOver(transport, "nothing")
      const booking = yield* client.Book({ request: yield* requestFor(6) })
      assert.deepEqual(yield* client.Show({ pnr: booking.pnr }), booking)
      assert.strictEqual((yield* Effect.flip(other.Show({ pnr: booking.pnr })))._tag, "BookingNotFound")
      assert.strictEqual((yield* Effect.flip(nobody.Show({ pnr: booking.pnr })))._tag, "Unauthorized")
      const { booking: left } = yield* client.Cancel({ pnr: booking.pnr, request: { passengers: [1] } })
      assert.deepEqual(left.passengers.map(({ status }) => status), ["CANCELLED", "CONFIRMED"])
    }))

  it.effect(`a watched journey tells over ${transport} what is free, and again when something was sold`, () =>
    Effect.gen(function*() {
      const client = yield* clientOver(transport, yield* tokenOf("passenger"))
      const request = yield* requestFor(transport === "HTTP" ? 12 : 13)
      const seen = yield* Queue.unbounded<number>()
      yield* client.WatchAvailability({ trainId, date: request.date }).pipe(
        Stream.runForEach(({ classes }) => Queue.offer(seen, classes[0]?.quotas[0]?.free ?? -1)),
        Effect.forkScoped
      )
      assert.strictEqual(yield* Queue.take(seen), 72)
      yield* client.Book({ request })
      assert.strictEqual(yield* Queue.take(seen), 70)
    }))

  it.effect(`a watched booking tells over ${transport} of a promotion and of its end, to its owner alone`, () =>
    Effect.gen(function*() {
      const crowd = yield* clientOver(transport, yield* tokenOf("passenger"))
      const client = yield* clientOver(transport, yield* tokenOf("passenger"))
      const admin = yield* clientOver(transport, yield* tokenOf("admin"))
      const days = transport === "HTTP" ? 14 : 15
      const full = yield* requestFor(days, smallTrain, 6)
      const first = yield* crowd.Book({ request: full })
      yield* crowd.Book({ request: full })
      const { pnr, status } = yield* client.Book({ request: yield* requestFor(days, smallTrain, 1) })
      assert.strictEqual(status, "WAITLISTED")

      const seen = yield* Queue.unbounded<string>()
      const watch = (by: typeof client) =>
        Stream.runForEach(by.WatchBooking({ pnr }), (booking) => Queue.offer(seen, booking.status))
      assert.strictEqual((yield* Effect.flip(watch(crowd)))._tag, "BookingNotFound")
      yield* Effect.forkScoped(watch(client))
      assert.strictEqual(yield* Queue.take(seen), "WAITLISTED")
      yield* crowd.Cancel({ pnr: first.pnr, request: {} })
      assert.strictEqual(yield* Queue.take(seen), "CONFIRMED")
      yield* Effect.forkScoped(watch(admin))
      assert.strictEqual(yield* Queue.take(seen), "CONFIRMED")
      yield* client.Cancel({ pnr, request: {} })
      assert.deepEqual([yield* Queue.take(seen), yield* Queue.take(seen)], ["CANCELLED", "CANCELLED"])
    }))
}

/** How many of them it has under way at once. */
export const limitSuite = (it: Vitest.MethodsNonLive<Needs>): void => {
  it.effect("more streams than would run at once leave room for other calls", () =>
    Effect.gen(function*() {
      const client = yield* clientOver("a WebSocket", yield* tokenOf("passenger"))
      const date = yield* dayFromToday(18)
      const seen = yield* Queue.unbounded<string>()
      yield* Effect.forEach(Array.from({ length: 20 }), () =>
        client.WatchAvailability({ trainId, date }).pipe(
          Stream.runForEach((found) => Queue.offer(seen, found.date)),
          Effect.forkScoped
        ))
      yield* Queue.takeN(seen, 20)
      assert.lengthOf((yield* client.Bookings({})).bookings, 0)
    }))

  it.effect("a connection may have only so many calls under way", () =>
    Effect.gen(function*() {
      const client = yield* clientOver("a WebSocket", yield* tokenOf("passenger"))
      const date = yield* dayFromToday(19)
      const seen = yield* Queue.unbounded<string>()
      yield* Effect.forEach(Array.from({ length: 64 }), () =>
        client.WatchAvailability({ trainId, date }).pipe(
          Stream.runForEach((found) => Queue.offer(seen, found.date)),
          Effect.forkScoped
        ))
      yield* Queue.takeN(seen, 64)
      assert.strictEqual((yield* Effect.flip(client.Train({ trainId })))._tag, "Overloaded")
      assert.strictEqual((yield* Effect.flip(client.Book({ request: yield* requestFor(19) })))._tag, "Overloaded")
      const other = yield* clientOver("a WebSocket", "")
      assert.strictEqual((yield* other.Train({ trainId })).trainId, trainId)
    }))
}
