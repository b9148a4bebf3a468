import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Clock, Context, Effect, Layer, Schedule, Schema, Stream, SubscriptionRef } from "effect"
import { redisProbe } from "../metrics/RedisMetrics.ts"
import { ManagedRedis } from "./ManagedRedis.ts"

const measureEvery = "10 seconds"

const TimeReply = Schema.Tuple([Schema.FiniteFromString, Schema.FiniteFromString])
const decodeTime = Schema.decodeUnknownEffect(TimeReply)

/** Redis's time as this process reckons it, in milliseconds; for deadlines that a script compares with `TIME`. */
export class RedisClock extends Context.Service<RedisClock, {
  nowMillis(): number
}>()("@berth/engine/inventory/RedisClock") {
  /** Measured at the start, at each reconnect and every ten seconds; only the machine's steady clock fills in between. */
  static readonly layer: Layer.Layer<RedisClock, StoreUnavailable, ManagedRedis> = Layer.effect(
    RedisClock,
    Effect.suspend(() => {
      // Redis keeps real time, also in tests that have a clock of their own.
      const clock = Clock.Clock.defaultValue()
      return Effect.provideService(make(clock), Clock.Clock, clock)
    })
  )
}

const make = Effect.fnUntraced(function*(clock: Clock.Clock) {
  const redis = yield* ManagedRedis
  const steadyMillis = () => Number(clock.monotonicTimeNanosUnsafe()) / 1_000_000
  const measure = Effect.gen(function*() {
    const asked = steadyMillis()
    const reply = yield* redisProbe(redis.send("TIME"))
    const answered = steadyMillis()
    const [seconds, micros] = yield* Effect.orDie(decodeTime(reply))
    return seconds * 1_000 + micros / 1_000 - (asked + answered) / 2
  })
  let offset = yield* measure
  const remeasure = measure.pipe(
    Effect.map((measured) => {
      offset = measured
    }),
    // The last measure serves until Redis answers again.
    Effect.ignore
  )
  yield* SubscriptionRef.changes(redis.connections).pipe(Stream.runForEach(() => remeasure), Effect.forkScoped)
  yield* remeasure.pipe(Effect.schedule(Schedule.spaced(measureEvery)), Effect.forkScoped)
  return RedisClock.of({ nowMillis: () => Math.floor(steadyMillis() + offset) })
})
