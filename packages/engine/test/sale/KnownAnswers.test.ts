import { StationCode } from "@berth/domain/StationCode"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Inventory } from "../../src/inventory/Inventory.ts"
import { AvailabilityReader } from "../../src/sale/AvailabilityReader.ts"
import { answersMax, KnownAnswers } from "../../src/sale/KnownAnswers.ts"
import { journeyOn } from "../../src/timetable/Journeys.ts"
import { RunDirectory } from "../../src/timetable/RunDirectory.ts"
import { Stations } from "../../src/timetable/Stations.ts"
import { engine, openTrain, sleepers } from "../TestEngine.ts"

/** A run in Redis, a journey on it, and what is free there. */
const counted = Effect.gen(function*() {
  const { date, trainId } = yield* openTrain({ stops: 3, pools: sleepers({ LB: 4 }) })
  const run = yield* (yield* RunDirectory).find(trainId, date)
  const journey = yield* journeyOn(run, {}, yield* Stations)
  const found = yield* (yield* Inventory).snapshot(run, ["SL"])
  assert.isNotNull(found)
  const answer = yield* (yield* AvailabilityReader).availability(run)
  return { run, journey, found, answer }
})

layer(engine, { timeout: "60 seconds", excludeTestServices: true })("answers that are known", (it) => {
  it.effect("are those of the run and the snapshot that they were counted from", () =>
    Effect.gen(function*() {
      const { answer, found, journey, run } = yield* counted
      const known = new KnownAnswers()
      known.keep(run, journey, found, answer)
      assert.strictEqual(known.find(run, journey, found), answer)
      assert.isUndefined(known.find(run, journey, { ...found }))
      assert.isUndefined(known.find({ ...run }, journey, found))
    }))

  it.effect("are so many at most, however many journeys there are", () =>
    Effect.gen(function*() {
      const { answer, found, journey, run } = yield* counted
      const known = new KnownAnswers()
      const journeys = Array.from(
        { length: answersMax + 1 },
        (_, n) => ({ ...journey, from: StationCode.make(`S${n.toString(36).toUpperCase()}`) })
      )
      for (const one of journeys) known.keep(run, one, found, answer)
      const kept = journeys.map((one) => known.find(run, one, found) === answer)
      assert.isFalse(kept[0])
      assert.isTrue(kept.slice(1).every((isKept) => isKept))
    }))
})
