import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { bestStatus, CancelRequest } from "../src/Booking.ts"
import { PassengerStatus } from "../src/Passenger.ts"
import { flawsOf, notTaken } from "./Decoding.ts"

describe("bestStatus", () => {
  it("prefers a berth to half of one, that to a place in the queue, and that to nothing", () => {
    assert.strictEqual(bestStatus(["CANCELLED", "WAITLISTED", "RAC", "CONFIRMED"]), "CONFIRMED")
    assert.strictEqual(bestStatus(["RAC", "WAITLISTED", "CANCELLED"]), "RAC")
    assert.strictEqual(bestStatus(["CANCELLED", "WAITLISTED", "CANCELLED"]), "WAITLISTED")
    assert.strictEqual(bestStatus(["CANCELLED"]), "CANCELLED")
  })

  it("is cancelled where nobody is left", () => {
    assert.strictEqual(bestStatus([]), "CANCELLED")
  })

  it.prop("is a status of one of them, whatever their order", [Schema.NonEmptyArray(PassengerStatus)], ([statuses]) => {
    const best = bestStatus(statuses)
    assert.include(statuses, best)
    assert.strictEqual(bestStatus(statuses.toReversed()), best)
    assert.strictEqual(bestStatus([best, ...statuses]), best)
  })
})

describe("CancelRequest", () => {
  it("names passengers by number, or nobody for all", () => {
    assert.isEmpty(notTaken(CancelRequest, [{}, { passengers: [1] }, { passengers: [1, 6] }]))
  })

  it("refuses an empty choice and numbers that no PNR has", () => {
    assert.deepStrictEqual(Object.keys(flawsOf(CancelRequest, { passengers: [] })), ["passengers.0"])
    for (const number of [0, 7]) {
      assert.deepStrictEqual(flawsOf(CancelRequest, { passengers: [1, number] }), {
        "passengers.1": "Expected a value between 1 and 6"
      })
    }
  })
})
