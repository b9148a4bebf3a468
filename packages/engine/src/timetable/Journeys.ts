import type { LegRange } from "@berth/domain/LegRange"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import type { StationCode } from "@berth/domain/StationCode"
import { JourneyNotOnTrain, type StationNotFound } from "@berth/domain/TimetableErrors"
import { Effect } from "effect"
import { legsOf } from "./Routes.ts"
import type { Run } from "./RunDirectory.ts"
import type { Stations } from "./Stations.ts"

/** A journey on a run: its legs, and the stations at both ends. */
export interface RunJourney {
  readonly range: LegRange
  readonly from: StationCode
  readonly to: StationCode
}

/** Finds the legs between two stations of a run; the whole route where they are not named. */
export const journeyOn = Effect.fnUntraced(function*(
  run: Run,
  asked: { readonly from?: StationCode; readonly to?: StationCode },
  stations: Stations["Service"]
): Effect.fn.Return<RunJourney, JourneyNotOnTrain | StationNotFound | StoreUnavailable> {
  const { stopIndex, stops } = run.route
  const fromIndex = asked.from === undefined ? 0 : stopIndex.get(asked.from)
  const toIndex = asked.to === undefined ? legsOf(run.route) : stopIndex.get(asked.to)
  const first = stops[fromIndex ?? 0]
  const last = stops[toIndex ?? legsOf(run.route)]
  if (first === undefined || last === undefined) {
    return yield* Effect.die(new Error(`route ${run.route.id} has no stops`))
  }
  if (fromIndex !== undefined && toIndex !== undefined && fromIndex < toIndex) {
    return { range: { from: fromIndex, to: toIndex }, from: first.code, to: last.code }
  }
  const named = [asked.from, asked.to].filter((code) => code !== undefined)
  yield* stations.exist(named)
  const from = asked.from ?? first.code
  const to = asked.to ?? last.code
  return yield* new JourneyNotOnTrain({
    trainId: run.trainId,
    date: run.date,
    from,
    to,
    detail:
      `Train ${run.trainId} does not go from ${from} to ${to} on ${run.date}. Its stops are at /api/trains/${run.trainId}.`
  })
})
