import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { BerthType, berthTypes } from "../src/BerthType.ts"
import { Quota, quotas } from "../src/Quota.ts"
import { SeatConfigInput } from "../src/SeatConfig.ts"
import { TravelClass, travelClasses } from "../src/TravelClass.ts"
import { flawsOf } from "./Decoding.ts"

const decode = Schema.decodeUnknownSync(SeatConfigInput)

const pool = { travelClass: "SL", quota: "GN", berth: "LB", seatCount: 10 }

describe("SeatConfigInput", () => {
  it("takes quotas by code and by long name", () => {
    const { pools } = decode({ pools: [pool, { ...pool, quota: "TATKAL" }] })
    assert.deepStrictEqual(pools.map(({ quota }) => quota), ["GN", "TQ"])
  })

  it("takes counts from 0 to 5000, in whole berths", () => {
    for (const seatCount of [0, 5000]) {
      assert.deepStrictEqual(flawsOf(SeatConfigInput, { pools: [{ ...pool, seatCount }] }), {})
    }
    for (const seatCount of [-1, 5001, 1.5, "10", null]) {
      assert.deepStrictEqual(Object.keys(flawsOf(SeatConfigInput, { pools: [pool, { ...pool, seatCount }] })), [
        "pools.1.seatCount"
      ])
    }
  })

  it("takes a pool for every class, quota and berth type, and no more", () => {
    const pools = travelClasses.flatMap((travelClass) =>
      quotas.flatMap((quota) => berthTypes.map((berth) => ({ travelClass, quota, berth, seatCount: 1 })))
    )
    assert.deepStrictEqual(flawsOf(SeatConfigInput, { pools }), {})
    assert.deepStrictEqual(Object.keys(flawsOf(SeatConfigInput, { pools: [...pools, pool] })), ["pools"])
  })

  it.prop("takes any pool that names what there is", [TravelClass, Quota, BerthType], ([travelClass, quota, berth]) => {
    const input = { pools: [{ travelClass, quota, berth, seatCount: 1 }] }
    assert.deepStrictEqual<unknown>(decode(input), input)
  })
})
