import { BookingRequest } from "@berth/domain/BookingRequest"
import { addDays, JourneyDate } from "@berth/domain/JourneyDate"
import { assert, describe, type Vitest } from "@effect/vitest"
import { DateTime, Effect, Fiber, type Layer, Queue, Schema } from "effect"
import type { BookingClient } from "../src/BookingClient.ts"
import type { Connection } from "../src/Connection.ts"
import * as FaultyLine from "./FaultyLine.ts"
import { clientOver, trainId, watchFree } from "./LiveCallers.ts"
import { RunningBerth } from "./RunningBerth.ts"

/** What every transport of `BookingClient` owes its callers when the line to a real Berth fails. */
export const suite = (
  it: Vitest.MethodsNonLive<RunningBerth>,
  name: string,
  layerOf: (connection: Connection) => Layer.Layer<BookingClient>,
  /** How many days ahead the journey is; its own for each suite, so that they do not see each other's bookings. */
  daysAhead: number
) => {
  const clientOf = clientOver(layerOf)

  const make = Effect.gen(function*() {
    const { url, user } = yield* RunningBerth
    const line = yield* FaultyLine.make(url)
    const date = addDays(JourneyDate.make(DateTime.formatIsoDateUtc(yield* DateTime.now)), daysAhead)
    const request = (passenger: string) =>
      Schema.decodeEffect(BookingRequest)({
        trainId,
        date,
        travelClass: "SL",
        passengers: [{ name: passenger, age: 30 }]
      })
    return {
      line,
      date,
      request,
      direct: yield* clientOf({ url, token: user }),
      client: yield* clientOf({ url: line.url, token: user })
    }
  })

  describe(`BookingClient ${name}, on a line that fails`, () => {
    it.effect("books once where the answer to a booking is lost", () =>
      Effect.gen(function*() {
        const { client, direct, line, request } = yield* make
        const passenger = `Lost ${daysAhead}`
        yield* line.become("deaf")
        const fiber = yield* Effect.forkChild(client.book({ request: yield* request(passenger) }))
        // Berth has answered, so the booking is made; and whoever asked does not know.
        assert.strictEqual(yield* Queue.take(line.broken), "deaf")
        yield* line.become("whole")
        const booking = yield* Fiber.join(fiber)
        const { bookings } = yield* direct.bookings({})
        assert.deepStrictEqual(
          bookings.filter(({ passengers }) => passengers.some((person) => person.name === passenger)),
          [booking]
        )
      }))

    it.effect("goes on watching after an outage, missing nothing and saying nothing twice", () =>
      Effect.gen(function*() {
        const { client, date, direct, line, request } = yield* make
        const { seen, watcher } = yield* watchFree(client, { trainId, date })
        const before = yield* Queue.take(seen)
        assert(before !== undefined)
        yield* line.become("cut")
        // Twice in vain: it does not stop at the first failure.
        assert.deepStrictEqual(yield* Queue.takeN(line.broken, 2), ["cut", "cut"])
        yield* Queue.clear(line.passed)
        yield* line.become("whole")
        // It is told again what it knows already.
        yield* Queue.take(line.passed)
        yield* direct.book({ request: yield* request("Meanwhile") })
        assert.strictEqual(yield* Queue.take(seen), before - 1)
        yield* line.become("cut")
        yield* direct.book({ request: yield* request("Unseen") })
        yield* line.become("whole")
        assert.strictEqual(yield* Queue.take(seen), before - 2)
        yield* Fiber.interrupt(watcher)
      }))
  })
}
