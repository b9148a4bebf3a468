import { Overloaded } from "@berth/domain/ServiceErrors"
import { readGauge } from "@berth/engine/metrics/Series"
import { Context, Deferred, Effect, Layer, type Scope, Stream } from "effect"

/** Streams watched at once: a journey costs four reads of Redis a second, a booking a row of PostgreSQL a second. */
export const watchersMax = 500

/** After this a stream ends and its watcher asks anew, so that nobody watches on with a token that has ended. */
const watchFor = "15 minutes"

const tooMany = new Overloaded({
  retryAfterSeconds: 10,
  detail: `${watchersMax} streams are watched already. Ask for the present state instead, or try again in 10 s.`
})

/** Those who watch: how many there may be, and how they are all sent home. */
export class Watchers extends Context.Service<Watchers, {
  /** Is one of those who watch for as long as the scope lives; refused where there are too many. */
  readonly enter: Effect.Effect<void, Overloaded, Scope.Scope>
  /** The stream, for as long as whoever has entered may watch. */
  limited<A, E, R>(stream: Stream.Stream<A, E, R>): Stream.Stream<A, E, R>
  /** Both. */
  admit<A, E, R>(stream: Stream.Stream<A, E, R>): Stream.Stream<A, E | Overloaded, R>
  /** Ends every stream, so that a server that stops need not wait for those who would watch for ever. */
  readonly end: Effect.Effect<void>
}>()("@berth/server/Watchers") {
  static readonly layer = Layer.effect(
    Watchers,
    Effect.gen(function*() {
      const stopping = yield* Deferred.make<void>()
      let watchers = 0
      readGauge("berth_watchers", "Journeys, bookings and runs that are watched; refused from 500 up", () => watchers)

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

      const limited = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
        Stream.interruptWhen(stream, Effect.timeoutOption(Deferred.await(stopping), watchFor))

      return Watchers.of({
        enter,
        limited,
        admit: (stream) => Stream.unwrap(Effect.as(enter, limited(stream))),
        end: Effect.asVoid(Deferred.succeed(stopping, undefined))
      })
    })
  )
}
