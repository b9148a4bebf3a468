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

interface Asked {
  readonly from?: StationCode
  readonly to?: StationCode
}

/** The legs between two stations of a run, the whole route where they are not named; none where it does not go so. */
export const legsBetween = ({ route }: Run, asked: Asked): RunJourney | undefined => {
  const from = asked.from === undefined ? 0 : route.stopIndex.get(asked.from)
  const to = asked.to === undefined ? legsOf(route) : route.stopIndex.get(asked.to)
  if (from === undefined || to === undefined || from >= to) {
    return undefined
  }
  const first = route.stops[from]
  const last = route.stops[to]
  return first === undefined || last === undefined
    ? undefined
    : { range: { from, to }, from: first.code, to: last.code }
}

const notOnTrain = Effect.fnUntraced(function*(run: Run, asked: Asked, stations: Stations["Service"]) {
  yield* stations.exist([asked.from, asked.to].filter((code) => code !== undefined))
  const from = asked.from ?? run.route.stops[0]?.code
  const to = asked.to ?? run.route.stops[legsOf(run.route)]?.code
  if (from === undefined || to === undefined) {
    return yield* Effect.die(new Error(`route ${run.route.id} has no stops`))
  }
  return yield* new JourneyNotOnTrain({
    trainId: run.trainId,
    date: run.date,
    from,
    to,
    detail:
      `Train ${run.trainId} does not go from ${from} to ${to} on ${run.date}. Its stops are at /api/trains/${run.trainId}.`
  })
})

/** Finds the legs between two stations of a run; the whole route where they are not named. */
export const journeyOn = (
  run: Run,
  asked: Asked,
  stations: Stations["Service"]
): Effect.Effect<RunJourney, JourneyNotOnTrain | StationNotFound | StoreUnavailable> => {
  const journey = legsBetween(run, asked)
  return journey === undefined ? notOnTrain(run, asked, stations) : Effect.succeed(journey)
}
