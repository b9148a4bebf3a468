import { SeatMap } from "@berth/domain/Availability"
import type { Quota } from "@berth/domain/Quota"
import { coachLayouts } from "@berth/domain/rules/CoachLayouts"
import { type TravelClass, travelClassNames } from "@berth/domain/TravelClass"
import { Effect, Option } from "effect"
import { WrongValue } from "../CliErrors.ts"
import { drawCoach } from "../CoachDrawing.ts"
import { answer } from "../Documents.ts"
import { clip, type Line, line, span } from "../Line.ts"
import { withProgress } from "../Progress.ts"
import { runTitle } from "../RunTitle.ts"
import { client } from "../Session.ts"
import { endsOf } from "../StationChoice.ts"
import { maybeQuotaOf, trainIdOf } from "../Typed.ts"
import { runDay } from "../WantedDay.ts"
import type { JourneyInput } from "./Availability.ts"

const coachesOf = (map: SeatMap) => {
  const coaches = new Map<string, Array<(typeof map.seats)[number]>>()
  for (const seat of map.seats) {
    const seats = coaches.get(seat.coach)
    if (seats === undefined) coaches.set(seat.coach, [seat])
    else seats.push(seat)
  }
  return coaches
}

/** The map of one coach, where one was asked for. */
const onlyCoach = Effect.fnUntraced(function*(map: SeatMap, coach: Option.Option<string>) {
  if (Option.isNone(coach)) return map
  const wanted = coach.value.toUpperCase()
  const seats = map.seats.filter((seat) => seat.coach === wanted)
  if (seats.length > 0) return { ...map, seats }
  const has = [...coachesOf(map).keys()].join(", ")
  return yield* new WrongValue({
    given: `--coach ${coach.value}`,
    expected: `Class ${map.travelClass} of train ${map.trainId} has the coaches ${has}.`
  })
})

const legend = (quota: Quota | undefined): Line =>
  line(
    span("12", "green"),
    " free  ",
    span("██", "dim"),
    " taken  ",
    ...(quota === undefined ? [] : [span("··", "dim"), ` free, not in quota ${quota}  `]),
    span("empty: not for sale", "dim")
  )

const draw = (map: SeatMap, quota: Quota | undefined, width: number): ReadonlyArray<Line> => {
  const lines: Array<Line> = [
    runTitle(map, width),
    clip(line(`${travelClassNames[map.travelClass]} (${map.travelClass})`), width),
    clip(legend(quota), width)
  ]
  for (const [coach, seats] of coachesOf(map)) {
    lines.push([], ...drawCoach({ layout: coachLayouts[map.travelClass], coach, seats, quota, width }))
  }
  return lines
}

export const run = Effect.fnUntraced(function*(
  input: JourneyInput & {
    readonly travelClass: TravelClass
    readonly coach: Option.Option<string>
    readonly quota: Option.Option<string>
  }
) {
  const berth = yield* client
  const trainId = yield* trainIdOf(input.trainId)
  const quota = yield* maybeQuotaOf(input.quota)
  const map = yield* withProgress("Looking at every berth")(Effect.gen(function*() {
    const date = yield* runDay(berth, trainId, input.date)
    return yield* berth.seats({ trainId, date, travelClass: input.travelClass, ...(yield* endsOf(berth, input)) })
  }))
  const shown = yield* onlyCoach(map, input.coach)
  yield* answer(SeatMap, shown, (width) => draw(shown, quota, width))
}, Effect.scoped)
