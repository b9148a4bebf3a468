import { EventCursor } from "@berth/domain/EventCursor"
import { assert, type Vitest } from "@effect/vitest"
import { Effect, Fiber, Queue, Stream } from "effect"
import * as BreakableProxy from "./BreakableProxy.ts"
import { type callersOf, trainId, unknownPnr, watchFree } from "./LiveCallers.ts"
import { RunningBerth } from "./RunningBerth.ts"

/** What every transport of `BookingClient` tells those who watch what is free, or follow what happens. */
export const suite = (
  it: Vitest.MethodsNonLive<RunningBerth>,
  { as, clientOf, date, journey, party }: ReturnType<typeof callersOf>
): void => {
  it.effect("watches the availability change", () =>
    Effect.gen(function*() {
      const client = yield* as("user")
      const { seen, watcher } = yield* watchFree(client, yield* journey)
      const before = yield* Queue.take(seen)
      assert(before !== undefined)
      const { pnr } = yield* client.book({ request: yield* party("Leela") })
      assert.strictEqual(yield* Queue.take(seen), before - 1)
      yield* client.cancel({ pnr })
      assert.strictEqual(yield* Queue.take(seen), before)
      yield* Fiber.interrupt(watcher)
    }))

  it.effect("watches on where the connection broke off", () =>
    Effect.gen(function*() {
      const client = yield* as("user")
      const { url, user } = yield* RunningBerth
      const proxy = yield* BreakableProxy.make(url)
      const watching = yield* clientOf({ url: proxy.url, token: user })
      const { pnr } = yield* client.book({ request: yield* party("Asha", "Ravi") })
      const seen = yield* Queue.unbounded<ReadonlyArray<string>>()
      yield* watching.watchBooking({ pnr }).pipe(
        Stream.runForEach(({ passengers }) => Queue.offer(seen, passengers.map(({ status }) => status))),
        Effect.forkScoped
      )
      assert.deepStrictEqual(yield* Queue.take(seen), ["CONFIRMED", "CONFIRMED"])
      yield* proxy.breakAll
      yield* client.cancel({ pnr, passengers: [1] })
      assert.deepStrictEqual(yield* Queue.take(seen), ["CANCELLED", "CONFIRMED"])
      yield* proxy.breakAll
      yield* client.cancel({ pnr })
      assert.deepStrictEqual(yield* Queue.take(seen), ["CANCELLED", "CANCELLED"])
    }))

  it.effect("follows a booking's events on where the connection broke off, each once and in order", () =>
    Effect.gen(function*() {
      const client = yield* as("user")
      const { url, user } = yield* RunningBerth
      const proxy = yield* BreakableProxy.make(url)
      const following = yield* clientOf({ url: proxy.url, token: user })
      const { pnr } = yield* client.book({ request: yield* party("Asha", "Ravi", "Leela") })
      const seen = yield* Queue.unbounded<string>()
      yield* following.bookingEvents({ pnr }).pipe(
        Stream.runForEach(({ id, kind, passengers }) => Queue.offer(seen, `${kind} ${passengers.join()} ${id}`)),
        Effect.forkScoped
      )
      const next = Effect.map(Queue.take(seen), (told) => told.split(" "))
      assert.deepStrictEqual((yield* next).slice(0, 2), ["booked", "1,2,3"])
      for (const passenger of [1, 2]) {
        yield* proxy.breakAll
        yield* client.cancel({ pnr, passengers: [passenger] })
        assert.deepStrictEqual((yield* next).slice(0, 2), ["cancelled", String(passenger)])
      }
      yield* client.cancel({ pnr })
      const [kind, passengers, id] = yield* next
      assert.deepStrictEqual([kind, passengers], ["cancelled", "3"])
      const error = yield* Effect.flip(
        Stream.runDrain(client.bookingEvents({ pnr, cursor: EventCursor.make(`${id}0000`) }))
      )
      assert.strictEqual(error._tag, "CursorGone")
      const unknown = yield* Effect.flip(Stream.runDrain(client.bookingEvents({ pnr: unknownPnr })))
      assert.strictEqual(unknown._tag, "BookingNotFound")
    }))

  it.effect("follows a run's events without a token, from a cursor on", () =>
    Effect.gen(function*() {
      const client = yield* as("user")
      const nobody = yield* as("nobody")
      const day = yield* date
      const { pnr } = yield* client.book({ request: yield* party("Asha") })
      const booked = yield* Stream.runHead(client.bookingEvents({ pnr }))
      assert(booked._tag === "Some")
      yield* client.cancel({ pnr })
      const told = yield* nobody.runEvents({ trainId, date: day, cursor: booked.value.id }).pipe(
        Stream.filter(({ kind }) => kind === "cancelled"),
        Stream.runHead
      )
      assert(told._tag === "Some")
      assert.strictEqual(told.value.passengers, 1)
      assert.notProperty(told.value, "pnr")
    }))
}
