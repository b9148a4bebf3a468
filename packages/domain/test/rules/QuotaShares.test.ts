import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { coachLayouts } from "../../src/rules/CoachLayouts.ts"
import { berthsPerCoach, derivedPools, tatkalShareMax } from "../../src/rules/QuotaShares.ts"
import { TravelClass, type TravelClass as Class } from "../../src/TravelClass.ts"

const Coaches = Schema.Array(
  Schema.Tuple([TravelClass, Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 }))])
)

const seats = (pools: ReturnType<typeof derivedPools>, travelClass: Class, quota: string, berth?: string): number =>
  pools.filter((pool) =>
    pool.travelClass === travelClass && pool.quota === quota && (berth === undefined || pool.berth === berth)
  ).reduce((sum, pool) => sum + pool.seatCount, 0)

describe("QuotaShares", () => {
  it.prop("shares out every berth of the coaches, once", [Coaches], ([list]) => {
    const coaches = new Map(list)
    const pools = derivedPools(coaches)
    for (const [travelClass, count] of coaches) {
      const layout = coachLayouts[travelClass]
      for (const [berth, perCoach] of berthsPerCoach(layout)) {
        const ofType = pools.filter((pool) => pool.travelClass === travelClass && pool.berth === berth)
        assert.strictEqual(ofType.reduce((sum, pool) => sum + pool.seatCount, 0), perCoach * count)
        assert.isTrue(ofType.every((pool) => pool.seatCount >= 0))
      }
      const total = Array.from(berthsPerCoach(layout).values()).reduce((sum, perCoach) => sum + perCoach, 0)
      assert.strictEqual(total, layout.berthsPerCoach)
      assert.isAtMost(seats(pools, travelClass, "TQ"), tatkalShareMax * layout.berthsPerCoach * count)
    }
  })

  it("sets berths aside as the rules say", () => {
    const pools = derivedPools(new Map<Class, number>([["SL", 8], ["3A", 4], ["2A", 1], ["1A", 1]]))
    assert.deepStrictEqual([seats(pools, "SL", "SS", "LB"), seats(pools, "3A", "SS"), seats(pools, "2A", "SS")], [
      56,
      20,
      3
    ])
    assert.deepStrictEqual([seats(pools, "SL", "LD"), seats(pools, "3A", "LD")], [6, 0])
    assert.deepStrictEqual([seats(pools, "SL", "HP", "LB"), seats(pools, "SL", "HP", "MB")], [2, 2])
    assert.strictEqual(seats(pools, "1A", "TQ"), 0)
    assert.strictEqual(seats(pools, "SL", "TQ", "SL"), 0, "side lowers are left for RAC")
  })

  it("gives ladies berths in 3A where all coaches are air-conditioned", () => {
    assert.strictEqual(seats(derivedPools(new Map<Class, number>([["3A", 11], ["2A", 5]])), "3A", "LD"), 6)
  })
})
