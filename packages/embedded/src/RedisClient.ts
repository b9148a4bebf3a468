import { Duration, Effect, Schedule } from "effect"
import { Redis } from "ioredis"
import { EmbeddedStoreError } from "./EmbeddedStoreError.ts"
import { loopbackHost } from "./LoopbackPort.ts"
import type { StoreEndpoint } from "./StoreEndpoint.ts"
import { logTail } from "./StoreFolder.ts"

const answerMillisMax = 5_000
const pauseMillis = 20
/** The append-only file of a full national timetable is read in well under this. */
const startMillisMax = 120_000

/** The user name is empty: Redis knows the password of its default user alone. */
export const redisUri = (endpoint: StoreEndpoint): string =>
  `redis://:${endpoint.password}@${loopbackHost}:${endpoint.port}`

/** Asks the store until it answers, and gives up with `Timeout`. */
export const askRedis = <A>(
  options: { readonly endpoint: StoreEndpoint; readonly logFile: string; readonly withPassword: boolean },
  ask: (redis: Redis) => Promise<A>
): Effect.Effect<A, EmbeddedStoreError> =>
  Effect.acquireUseRelease(
    Effect.sync(() => connection(options)),
    (redis) => Effect.tryPromise(() => redis.connect().then(() => ask(redis))),
    (redis) => Effect.sync(() => redis.disconnect())
  ).pipe(
    Effect.retry(Schedule.upTo(Schedule.spaced(Duration.millis(pauseMillis)), {
      duration: Duration.millis(startMillisMax)
    })),
    Effect.mapError(() =>
      new EmbeddedStoreError({ store: "Redis", reason: "Timeout", subject: logTail(options.logFile) })
    )
  )

const connection = (options: { readonly endpoint: StoreEndpoint; readonly withPassword: boolean }): Redis => {
  const redis = new Redis({
    host: loopbackHost,
    port: options.endpoint.port,
    ...(options.withPassword ? { password: options.endpoint.password } : {}),
    lazyConnect: true,
    // Its own check waits a whole second when the data are still being read.
    enableReadyCheck: false,
    connectTimeout: answerMillisMax,
    commandTimeout: answerMillisMax,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null
  })
  // The failure is told by connect() too; without a listener ioredis prints it.
  redis.on("error", () => {})
  return redis
}
