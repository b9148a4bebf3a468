import { Duration, Effect, Option, Schedule } from "effect"
import { createServer } from "node:net"
import { EmbeddedStoreError, type EmbeddedStoreName } from "./EmbeddedStoreError.ts"

/** Only this machine can reach an embedded store. */
export const loopbackHost = "127.0.0.1"

const startRetriesMax = 2
const startPauseMillis = 200

const probe = (port: number): Effect.Effect<Option.Option<number>> =>
  Effect.callback((resume) => {
    const server = createServer()
    server.once("error", () => resume(Effect.succeedNone))
    server.listen(port, loopbackHost, () => {
      const address = server.address()
      server.close(() =>
        resume(Effect.succeed(Option.fromUndefinedOr(typeof address === "object" ? address?.port : undefined)))
      )
    })
  })

export interface PortWish {
  /** This one, or the failure `PortInUse`. */
  readonly fixed: Option.Option<number>
  /** This one if it is free. */
  readonly remembered: Option.Option<number>
}

/**
 * Starts a store on a port that was free a moment ago. Another program may take it before the store does, and what a
 * killed store left behind may take a moment to go: a store that stops while it starts is tried again.
 */
export const startOnFreePort = <A, R>(
  store: EmbeddedStoreName,
  wish: PortWish,
  start: (port: number) => Effect.Effect<A, EmbeddedStoreError, R>
): Effect.Effect<A, EmbeddedStoreError, R> =>
  Effect.flatMap(freePort(store, wish), start).pipe(
    Effect.retry({
      while: (error) => error.reason === "Stopped",
      schedule: Schedule.jittered(Schedule.spaced(Duration.millis(startPauseMillis))),
      times: startRetriesMax
    }),
    Effect.mapError((error) =>
      error.reason === "Stopped" ? new EmbeddedStoreError({ ...error, reason: "StartFailed" }) : error
    )
  )

export const freePort = Effect.fnUntraced(function*(store: EmbeddedStoreName, options: PortWish) {
  const wanted = Option.orElse(options.fixed, () => options.remembered)
  const free = Option.isSome(wanted) ? yield* probe(wanted.value) : Option.none<number>()
  if (Option.isSome(free)) return free.value
  if (Option.isSome(options.fixed)) {
    return yield* new EmbeddedStoreError({ store, reason: "PortInUse", subject: String(options.fixed.value) })
  }
  const any = yield* probe(0)
  if (Option.isSome(any)) return any.value
  return yield* new EmbeddedStoreError({ store, reason: "PortInUse", subject: "(any)" })
})
