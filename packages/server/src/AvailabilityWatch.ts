import { Overloaded } from "@berth/domain/ServiceErrors"
import { readGauge } from "@berth/engine/metrics/Series"
import { AvailabilityReader, type JourneyAsked } from "@berth/engine/sale/AvailabilityReader"
import { Context, Deferred, Effect, Layer, Schedule, Stream } from "effect"

/** How often a watched journey is looked at. */
const lookEvery = "250 millis"

/** Journeys watched at once; each costs four reads of Redis a second. */
export const watchersMax = 500

const tooMany = new Overloaded({
  retryAfterSeconds: 10,
  detail: `${watchersMax} journeys are watched already. Ask for the availability instead, or try again in 10 s.`
})

/** The availability of a journey as it changes. */
export class AvailabilityWatch extends Context.Service<AvailabilityWatch>()("@berth/server/AvailabilityWatch", {
  make: Effect.gen(function*() {
    const reader = yield* AvailabilityReader
    const stopping = yield* Deferred.make<void>()
    let watchers = 0
    readGauge(
      "berth_availability_watchers",
      "Journeys whose availability is streamed; refused from 500 up",
      () => watchers
    )

    const enter = Effect.acquireRelease(
      Effect.suspend(() => {
        if (watchers >= watchersMax) {
          return Effect.fail(tooMany)
        }
        watchers++
        return Effect.void
      }),
      () =>
        Effect.sync(() => {
          watchers--
        })
    )

    const changes = (asked: JourneyAsked) =>
      Stream.fromEffectSchedule(reader.availability(asked), Schedule.jittered(Schedule.spaced(lookEvery))).pipe(
        Stream.changesWith((before, now) => JSON.stringify(before) === JSON.stringify(now)),
        Stream.interruptWhen(Deferred.await(stopping))
      )

    return {
      watch: (asked: JourneyAsked) => Stream.unwrap(Effect.as(enter, changes(asked))),
      /** Ends every watch, so that a server that stops need not wait for those who would watch for ever. */
      end: Deferred.succeed(stopping, undefined)
    }
  })
}) {
  static readonly layer = Layer.effect(AvailabilityWatch, AvailabilityWatch.make)
}
