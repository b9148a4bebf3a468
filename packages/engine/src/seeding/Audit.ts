import type { JourneyDate } from "@berth/domain/JourneyDate"
import { travelClassOf } from "@berth/domain/RunId"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import type { TrainId } from "@berth/domain/TrainId"
import { Context, Effect, Layer } from "effect"
import { type RunDump, RunDumps } from "../inventory/RunDump.ts"
import { type AuditedRun, AuditRows } from "../ledger/AuditRows.ts"
import { type HoldFact, HoldFacts } from "../ledger/HoldFacts.ts"
import { RunEpochs, type SoldLegs, type WaitingHold } from "../ledger/RunEpochs.ts"
import { RunRows } from "../ledger/RunRows.ts"
import { keyHashOfHold } from "../sale/BookingKey.ts"
import { classOfRun, type Composition, Compositions } from "../timetable/Compositions.ts"
import { compareClass, compareGate, compareWaiting, type Disagreement, isAsLoaded } from "./AuditChecks.ts"

/** Runs whose rows are read at once. */
const runsPerChunk = 200

/** Runs read from Redis at once. */
const concurrency = 16

/** What differs is looked at so often: what is under way is over by the next look. */
const looksMax = 3
const lookEvery = "200 millis"

/** Something of which Redis and the record, or the record and itself, say different things. */
export interface Difference extends Disagreement {
  readonly runId: number
  /** `Redis`: it and the record differ; `record`: the record contradicts itself. */
  readonly within: "Redis" | "record"
  readonly trainId: TrainId
  readonly date: JourneyDate
}

export interface AuditReport {
  readonly runs: number
  /** Runs that are not loaded into Redis at the moment, and so were compared with nothing. */
  readonly runsNotOpen: number
  readonly sales: number
  readonly partiesWaiting: number
  readonly differences: ReadonlyArray<Difference>
}

/**
 * Proves that Redis says what PostgreSQL says, and that PostgreSQL does not contradict itself: berths taken, for sale and
 * untouched, who waits, no berth sold twice, a sale for each confirmed passenger.
 */
export class Audit extends Context.Service<Audit, {
  /** Looks at every run that is on sale, while the sale goes on. */
  readonly audit: Effect.Effect<AuditReport, StoreUnavailable>
  auditRuns(runIds: ReadonlyArray<number>): Effect.Effect<AuditReport, StoreUnavailable>
  /** Of runs that nobody has booked, those of which Redis has anything but what it was loaded with. Cheap. */
  notAsLoaded(runIds: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<number>, StoreUnavailable>
}>()("@berth/engine/seeding/Audit") {
  static readonly layerNoDeps = Layer.effect(Audit, Effect.suspend(() => make))
  static readonly layer = Audit.layerNoDeps.pipe(Layer.provide(Layer.mergeAll(AuditRows.layer, RunDumps.layer)))
}

interface Looked extends AuditReport {
  readonly runIds: ReadonlyArray<number>
}

/** What the record knows of those for whom Redis has holds. */
const factsOf = Effect.fnUntraced(function*(holdFacts: HoldFacts["Service"], dump: RunDump) {
  const keys = [
    ...new Set(dump.holds.filter(({ state }) => state !== "parked").map(({ holdId }) => keyHashOfHold(holdId)))
  ]
  const found = keys.length === 0 ? [] : yield* holdFacts.find(keys)
  return new Map<string, HoldFact>(found.map((fact) => [fact.keyHash, fact]))
})

/** Looks again at what differs; what is under way differs for a moment, what is wrong stays as it is. */
const settle = Effect.fnUntraced(function*(
  look: (runIds: ReadonlyArray<number>) => Effect.Effect<Looked, StoreUnavailable>,
  first: Looked
) {
  let { differences, runIds } = first
  for (let looks = 1; looks < looksMax && runIds.length > 0; looks++) {
    yield* Effect.sleep(lookEvery)
    const again = yield* look(runIds)
    const still = new Set(again.differences.map(textOf))
    differences = differences.filter((difference) => still.has(textOf(difference)))
    runIds = differences.length === 0 ? [] : again.runIds
  }
  return { ...first, differences }
})

const differing = (
  { date, id, trainId }: AuditedRun,
  within: Difference["within"],
  found: ReadonlyArray<Disagreement>
): ReadonlyArray<Difference> =>
  found.map(({ one, other, subject }) => ({ runId: id, within, trainId, date, subject, one, other }))

const makeNotAsLoaded = Effect.gen(function*() {
  const auditRows = yield* AuditRows
  const dumps = yield* RunDumps
  const compositions = yield* Compositions
  return Effect.fn("Audit.notAsLoaded")(function*(runIds: ReadonlyArray<number>) {
    const runs = yield* auditRows.runs(runIds)
    const composed = yield* compositions.getAll(runs)
    const astray = yield* Effect.forEach(runs, (run) => {
      const composition = composed.get(run.trainNumber)
      const classes = [...composition?.classes.values() ?? []]
      return Effect.map(
        dumps.dump(run, classes.map((each) => classOfRun(each, run.legs)), "without ZSETs"),
        (dump) => composition !== undefined && isAsLoaded(dump, run, composition) ? [] : [run.id]
      )
    }, { concurrency })
    return astray.flat()
  })
})

const make = Effect.gen(function*() {
  const rows = yield* RunRows
  const epochs = yield* RunEpochs
  const auditRows = yield* AuditRows
  const dumps = yield* RunDumps
  const holdFacts = yield* HoldFacts
  const compositions = yield* Compositions

  const compareRun = Effect.fnUntraced(function*(
    run: AuditedRun,
    composition: Composition,
    sold: ReadonlyArray<SoldLegs>,
    waiting: ReadonlyArray<WaitingHold>
  ): Effect.fn.Return<ReadonlyArray<Disagreement>, StoreUnavailable> {
    const classes = [...composition.classes.values()].map((composed) => classOfRun(composed, run.legs))
    const dump = yield* dumps.dump(run, classes, "whole")
    if (dump === null) {
      return [{ subject: "the run", one: "Redis: not there", other: `record: open at epoch ${run.epoch}` }]
    }
    const facts = yield* factsOf(holdFacts, dump)
    return [
      ...compareGate(dump, run),
      ...[...composition.classes.values()].flatMap((composed) =>
        compareClass({
          dump,
          legs: run.legs,
          composed,
          sold: sold.filter(({ berth }) => travelClassOf(berth) === composed.travelClass),
          facts,
          sameVersion: dump.gate.version === composition.version
        })
      ),
      ...compareWaiting(dump, waiting, facts)
    ]
  })

  const look = Effect.fn("Audit.look")(
    function*(runIds: ReadonlyArray<number>): Effect.fn.Return<Looked, StoreUnavailable> {
      const runs = yield* auditRows.runs(runIds)
      const [sold, waiting, composed, contradictions] = yield* Effect.all([
        epochs.sold(runIds),
        epochs.waiting(runIds),
        compositions.getAll(runs),
        auditRows.contradictions(runIds)
      ])
      const soldByRun = Map.groupBy(sold, ({ runId }) => runId)
      const waitingByRun = Map.groupBy(waiting, ({ runId }) => runId)
      const contradictionsByRun = Map.groupBy(contradictions, ({ runId }) => runId)
      const differences = yield* Effect.forEach(runs, (run) =>
        Effect.gen(function*() {
          const composition = composed.get(run.trainNumber)
          const compared = run.state === "OPEN" && composition !== undefined
            ? yield* compareRun(run, composition, soldByRun.get(run.id) ?? [], waitingByRun.get(run.id) ?? [])
            : []
          return [
            ...differing(run, "record", contradictionsByRun.get(run.id) ?? []),
            ...differing(run, "Redis", compared)
          ]
        }), { concurrency })
      const found = differences.flat()
      return {
        runs: runs.length,
        runsNotOpen: runs.filter(({ state }) => state !== "OPEN").length,
        sales: sold.length,
        partiesWaiting: waiting.length,
        differences: found,
        runIds: [...new Set(found.map(({ runId }) => runId))]
      }
    }
  )

  const auditRuns = Effect.fn("Audit.auditRuns")(function*(runIds: ReadonlyArray<number>) {
    const chunks = Array.from(
      { length: Math.ceil(runIds.length / runsPerChunk) },
      (_, chunk) => runIds.slice(chunk * runsPerChunk, (chunk + 1) * runsPerChunk)
    )
    const looked = yield* Effect.forEach(chunks, (chunk) => Effect.flatMap(look(chunk), (first) => settle(look, first)))
    const sum = (count: (report: AuditReport) => number) => looked.reduce((total, report) => total + count(report), 0)
    return {
      runs: sum(({ runs }) => runs),
      runsNotOpen: sum(({ runsNotOpen }) => runsNotOpen),
      sales: sum(({ sales }) => sales),
      partiesWaiting: sum(({ partiesWaiting }) => partiesWaiting),
      differences: looked.flatMap(({ differences }) => differences)
    }
  })

  return Audit.of({ notAsLoaded: yield* makeNotAsLoaded, audit: Effect.flatMap(rows.onSale, auditRuns), auditRuns })
})

const textOf = ({ date, one, other, subject, trainId }: Difference): string =>
  [trainId, date, subject, one, other].join("|")
