import type { CoachLayout } from "@berth/domain/CoachLayout"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { type Move, type PlacedSale, type PlanParty, type PlanPool, planRepack } from "../../src/sale/RepackPlan.ts"

const legs = 6
/** Two bays a coach. */
const layout: CoachLayout = { travelClass: "2A", coachPrefix: "A", berthsPerCoach: 6, bay: ["LB", "UB", "LB"] }

const sale = (saleId: number, slot: number, from: number, to: number, more: Partial<PlacedSale> = {}): PlacedSale => ({
  saleId,
  slot,
  range: { from, to },
  party: `party ${saleId}`,
  sameCoach: false,
  movable: true,
  ...more
})

const poolOf = (sales: ReadonlyArray<PlacedSale>, mask: ReadonlyArray<number> = [5]): PlanPool => ({
  layout,
  legs,
  mask: Uint8Array.from(mask),
  fixed: new Uint8Array(),
  sales
})

const one = (from: number, to: number, more: Partial<PlanParty> = {}): PlanParty => ({
  passengers: 1,
  range: { from, to },
  sameCoach: false,
  lowerBerthsMin: 0,
  ...more
})

/** Berths by leg after the moves; fails where two lie on one. */
const legsTaken = (sales: ReadonlyArray<PlacedSale>, moves: ReadonlyArray<Move>): ReadonlySet<string> => {
  const target = new Map(moves.map(({ saleId, to }) => [saleId, to]))
  const taken = sales.flatMap(({ range: { from, to }, saleId, slot }) =>
    Array.from({ length: to - from }, (_, leg) => `${target.get(saleId) ?? slot} on ${from + leg}`)
  )
  assert.strictEqual(new Set(taken).size, taken.length, "two lie on one berth")
  return new Set(taken)
}

const freeFor = ({ mask, sales }: PlanPool, moves: ReadonlyArray<Move>, { from, to }: PlanParty["range"]) => {
  const taken = legsTaken(sales, moves)
  return [...mask].flatMap((byte, bay) =>
    [0, 1, 2].filter((position) => (byte >> position) % 2 === 1).map((position) => 8 * bay + position)
  ).filter((slot) =>
    Array.from({ length: to - from }, (_, leg) => from + leg).every((leg) => !taken.has(`${slot} on ${leg}`))
  )
}

describe("a plan to let somebody in", () => {
  it("moves one passenger where that is enough", () => {
    const pool = poolOf([sale(1, 0, 0, 3), sale(2, 2, 3, 6)])
    const { moves, seated } = planRepack(pool, [one(0, 6)])
    assert.deepStrictEqual(seated, [true])
    assert.strictEqual(moves.length, 1)
    assert.strictEqual(freeFor(pool, moves, { from: 0, to: 6 }).length, 1)
  })

  it("exchanges what follows on two berths where no single move helps", () => {
    const sales = [sale(1, 0, 2, 5), sale(2, 2, 0, 3), sale(3, 8, 0, 2), sale(4, 8, 3, 6)]
    const pool = poolOf(sales, [5, 1])
    const { moves, seated } = planRepack(pool, [one(0, 6)])
    assert.deepStrictEqual(seated, [true])
    assert.deepStrictEqual(moves.map(({ saleId }) => saleId).toSorted(), [1, 4])
    assert.strictEqual(freeFor(pool, moves, { from: 0, to: 6 }).length, 1)
  })

  it("leaves alone whoever chose, whoever lies on a fixed berth, and berths of other types", () => {
    const stays = { movable: false }
    assert.deepStrictEqual(planRepack(poolOf([sale(1, 0, 0, 3, stays), sale(2, 2, 3, 6, stays)]), [one(0, 6)]), {
      moves: [],
      seated: [false]
    })
    // The upper berth is free, and is no lower one.
    assert.deepStrictEqual(
      planRepack(poolOf([sale(1, 0, 0, 3), sale(2, 2, 3, 6), sale(3, 1, 0, 1)], [7]), [
        one(0, 6),
        one(0, 6)
      ]).seated,
      [true, false]
    )
  })

  it("leaves a party that travels in one coach in it", () => {
    const bound = { sameCoach: true, party: "family" }
    const sales = [sale(1, 0, 0, 3, bound), sale(2, 16, 3, 6, bound)]
    // Berths 0 and 16 are in different coaches.
    assert.deepStrictEqual(planRepack(poolOf(sales, [1, 0, 1]), [one(0, 6)]).seated, [false])
    assert.deepStrictEqual(
      planRepack(poolOf([sale(1, 0, 0, 3, bound), sale(2, 8, 3, 6, bound)], [1, 1]), [one(0, 6)]).seated,
      [true]
    )
  })

  it("rather moves one who travels alone than one out of the bay of a party", () => {
    const together = { party: "two" }
    const sales = [
      sale(1, 0, 0, 3, together),
      sale(2, 2, 0, 3, together),
      sale(3, 8, 3, 6),
      sale(4, 10, 3, 6, { movable: false })
    ]
    const { moves, seated } = planRepack(poolOf(sales, [5, 5]), [one(0, 6)])
    assert.deepStrictEqual(seated, [true])
    assert.deepStrictEqual(moves.map(({ saleId }) => saleId), [3])
  })

  it("lets in whoever comes first, and keeps room made for one from the next", () => {
    const pool = poolOf([sale(1, 0, 0, 3), sale(2, 2, 3, 6)])
    assert.deepStrictEqual(planRepack(pool, [one(0, 6), one(2, 4)]).seated, [true, false])
  })

  it.prop(
    "where nobody chose, lets in whoever finds a berth of a type free on each leg, and nobody else",
    [
      Schema.Array(Schema.Struct({
        slot: Schema.Literals([0, 1, 2, 8, 9, 10]),
        from: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: legs - 1 })),
        length: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3 }))
      })).check(Schema.isMaxLength(40)),
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: legs - 1 })),
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: legs })),
      Schema.Literals([1, 1, 2, 3])
    ],
    ([asked, from, length, passengers]) => {
      const sales: Array<PlacedSale> = []
      for (const { from: first, length: some, slot } of asked) {
        const candidate = sale(sales.length + 1, slot, first, Math.min(legs, first + some))
        if (
          !sales.some((other) =>
            other.slot === slot && other.range.from < candidate.range.to && candidate.range.from < other.range.to
          )
        ) sales.push(candidate)
      }
      const pool = poolOf(sales, [7, 7])
      const party = one(from, Math.min(legs, from + length), { passengers })
      const { moves, seated } = planRepack(pool, [party])
      const room = [[0, 2, 8, 10], [1, 9]].reduce((sum, ofType) => {
        const free = Array.from(
          { length: party.range.to - from },
          (_, leg) =>
            ofType.filter((slot) =>
              !sales.some(({ range, slot: on }) => on === slot && range.from <= from + leg && from + leg < range.to)
            ).length
        )
        return sum + Math.min(...free)
      }, 0)
      assert.deepStrictEqual(seated, [room >= passengers])
      if (room >= passengers) {
        assert.isAtLeast(freeFor(pool, moves, party.range).length, passengers)
      } else {
        assert.deepStrictEqual(moves, [])
      }
      for (const move of moves) {
        assert.strictEqual(move.from % 8 === 1, move.to % 8 === 1, "another of the same type")
      }
    },
    { arbitrary: { runs: 500 } }
  )
})
