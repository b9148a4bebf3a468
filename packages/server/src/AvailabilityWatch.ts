import { AvailabilityReader, type JourneyAsked } from "@berth/engine/sale/AvailabilityReader"
import { Context, Effect, Layer, Schedule, Stream } from "effect"
import { Watchers } from "./Watchers.ts"

/** How often a watched journey is looked at. */
const lookEvery = "250 millis"

/** The availability of a journey as it changes. */
export class AvailabilityWatch extends Context.Service<AvailabilityWatch>()("@berth/server/AvailabilityWatch", {
  make: Effect.gen(function*() {
    const reader = yield* AvailabilityReader
    const { admit } = yield* Watchers

    const changes = (asked: JourneyAsked) =>
      Stream.fromEffectSchedule(reader.availability(asked), Schedule.jittered(Schedule.spaced(lookEvery))).pipe(
        Stream.changesWith((before, now) => JSON.stringify(before) === JSON.stringify(now))
      )

    return { watch: (asked: JourneyAsked) => admit(changes(asked)) }
  })
}) {
  static readonly layer = Layer.effect(AvailabilityWatch, AvailabilityWatch.make)
}
