import type { Booking } from "@berth/domain/Booking"
import { PersonName } from "@berth/domain/PersonName"
import { assert } from "@effect/vitest"
import { Effect, Option } from "effect"
import { Bookings } from "../../src/ledger/Bookings.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { openTrain, sleepers, type TestRun } from "../TestEngine.ts"
import { type Asked, book, cancel, free } from "./Sales.ts"

/** Loads the run where Redis was emptied since, and compares the stores. */
export const agrees = Effect.fnUntraced(function*(run: TestRun) {
  yield* free(run)
  assert.deepStrictEqual((yield* (yield* Audit).auditRuns([run.id])).differences, [])
})

export const bookingOf = Effect.fnUntraced(function*({ pnr }: Booking) {
  return Option.getOrThrow(yield* (yield* Bookings).find({ pnr, forUser: null }))
})

const upper = { name: PersonName.make("Upper"), age: 30, berth: "UB" } as const

/** Two lower berths for sale; the upper ones are sold to those who chose them, and make the waitlist longer. */
export const twoBerths = Effect.gen(function*() {
  const run = yield* openTrain({ stops: 4, pools: sleepers({ LB: 2, UB: 12 }) })
  yield* Effect.forEach(Array.from({ length: 12 }), () => book(run, { passengers: [upper] }))
  return run
})

/**
 * Two lower berths, of which the one is free but for the first leg, the other but for the last one; `first` is who lies on
 * that first leg.
 */
export const scattered = Effect.fnUntraced(function*(first: Asked = {}) {
  const run = yield* twoBerths
  const onFirst = yield* book(run, { ...first, legs: [0, 1] })
  const throughout = yield* book(run)
  const beyond = yield* book(run, { legs: [1, 3] })
  yield* cancel(throughout.booking.pnr)
  const onLast = yield* book(run, {
    ...first,
    legs: [2, 3],
    ...first.key === undefined ? {} : { key: `${first.key}-last` }
  })
  yield* cancel(beyond.booking.pnr)
  assert.strictEqual(yield* free(run), 0)
  return { run, onFirst: onFirst.booking, onLast: onLast.booking }
})
