import { PersonName } from "@berth/domain/PersonName"
import { runBerthOf } from "@berth/domain/RunId"
import { UserId } from "@berth/domain/UserId"
import { Effect } from "effect"
import type { NewBooking } from "../../src/ledger/NewBooking.ts"
import { PnrSequence } from "../../src/ledger/PnrSequence.ts"
import { keyHashOf } from "../../src/sale/BookingKey.ts"
import type { TestRun } from "../TestEngine.ts"

export const userId = UserId.make("traveller")

/** A booking of a run just opened, one passenger a slot, as Redis might have given them. */
export const bookingOf = Effect.fnUntraced(function*(
  run: TestRun,
  slots: ReadonlyArray<number>,
  changes: Partial<NewBooking> = {}
) {
  const pnr = yield* (yield* PnrSequence).next
  const keyHash = keyHashOf(userId, `key of ${pnr}`)
  const booking: NewBooking = {
    keyHash,
    holdId: `${keyHash}-0`,
    fingerprint: "print",
    pnr,
    userId,
    runId: run.id,
    epoch: 1,
    deadlineMillis: Date.UTC(2999, 0, 1),
    travelClass: "SL",
    quota: "GN",
    fromStop: 0,
    toStop: 2,
    sameCoach: false,
    lowerBerthsMin: 0,
    waiting: false,
    passengers: slots.map((slot, index) => ({
      number: index + 1,
      name: PersonName.make("Traveller"),
      age: 30,
      gender: null,
      wish: null,
      berth: runBerthOf(run.id, "SL", slot)
    })),
    ...changes
  }
  return booking
})
