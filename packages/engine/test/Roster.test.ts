import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Roster } from "../src/Roster.ts"

const Visits = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 7 })))

describe("Roster", () => {
  it.prop("has whoever came and has not gone, however they come and go", [Visits], ([visits]) => {
    const people = Array.from({ length: 8 }, (_, name) => ({ name, place: 0 }))
    const roster = new Roster<(typeof people)[number]>()
    const present = new Set<number>()
    for (const name of visits) {
      const one = people[name]
      assert.isDefined(one)
      if (present.delete(name)) {
        roster.delete(one)
      } else {
        present.add(name)
        roster.add(one)
      }
      assert.deepStrictEqual(roster.all().map((person) => person.name).toSorted(), [...present].toSorted())
      assert.strictEqual(roster.size, present.size)
    }
  })

  it("takes nobody off for one who has gone before", () => {
    const roster = new Roster<{ place: number }>()
    const gone = { place: 0 }
    const there = { place: 0 }
    roster.add(gone)
    roster.delete(gone)
    roster.add(there)
    roster.delete(gone)
    assert.deepStrictEqual(roster.all(), [there])
  })
})
