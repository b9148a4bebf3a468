import { Availability } from "@berth/domain/Availability"
import { ClassNotOnTrain } from "@berth/domain/BookingErrors"
import type { TravelClass } from "@berth/domain/TravelClass"
import { Effect, Option } from "effect"
import { availabilityTable } from "../AvailabilityTable.ts"
import { answer } from "../Documents.ts"
import { withProgress } from "../Progress.ts"
import { runTitle } from "../RunTitle.ts"
import { client } from "../Session.ts"
import { endsOf } from "../StationChoice.ts"
import { trainIdOf } from "../Typed.ts"
import { runDay } from "../WantedDay.ts"

/** What is typed to name a journey on a run. */
export interface JourneyInput {
  readonly trainId: string
  readonly date: string
  readonly from: Option.Option<string>
  readonly to: Option.Option<string>
}

/** The answer without other classes than the one that was asked for. */
export const onlyClass = Effect.fnUntraced(function*(
  found: Availability,
  travelClass: Option.Option<TravelClass>
) {
  if (Option.isNone(travelClass)) return found
  const classes = found.classes.filter((each) => each.travelClass === travelClass.value)
  if (classes.length > 0) return { ...found, classes }
  const { date, trainId } = found
  const has = found.classes.map((each) => each.travelClass).join(", ")
  return yield* new ClassNotOnTrain({
    trainId,
    date,
    travelClass: travelClass.value,
    detail: `Train ${trainId} of ${date} has no class ${travelClass.value}; it has ${has}.`
  })
})

export const run = Effect.fnUntraced(
  function*(input: JourneyInput & { readonly travelClass: Option.Option<TravelClass> }) {
    const berth = yield* client
    const trainId = yield* trainIdOf(input.trainId)
    const found = yield* withProgress("Counting free berths")(Effect.gen(function*() {
      const date = yield* runDay(berth, trainId, input.date)
      return yield* berth.availability({ trainId, date, ...(yield* endsOf(berth, input)) })
    }))
    const shown = yield* onlyClass(found, input.travelClass)
    yield* answer(Availability, shown, (width) => [
      runTitle(shown, width),
      [],
      ...availabilityTable(shown.classes, width)
    ])
  },
  Effect.scoped
)
