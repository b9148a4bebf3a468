import { Deferred, Effect, Layer } from "effect"
import { Redis } from "effect/persistence"
import { Command, type Redis as Client, type RedisOptions } from "ioredis"
import { ManagedRedis } from "./ManagedRedis.ts"

const toRedisError = (cause: unknown) => new Redis.RedisError({ cause })

const open = (redis: ManagedRedis["Service"], changes: Partial<RedisOptions>) =>
  Effect.suspend(() => {
    const client = redis.duplicate(changes)
    // Whoever waits for a command learns of the failure; an event without a listener would be printed as well.
    client.on("error", () => {})
    return Effect.tryPromise({ try: () => client.connect(), catch: toRedisError }).pipe(
      Effect.as(client),
      Effect.onError(() => Effect.sync(() => client.disconnect()))
    )
  })

const sendWith = (client: Client) => <A = unknown>(name: string, ...args: ReadonlyArray<string>) =>
  Effect.tryPromise({
    try: (): Promise<A> => {
      const command = new Command(name, [...args], { replyEncoding: "utf8" })
      client.sendCommand(command)
      return command.promise
    },
    catch: toRedisError
  })

const make = Effect.gen(function*() {
  const redis = yield* ManagedRedis
  return yield* Redis.make({
    send: (command, ...args) => Effect.mapError(redis.sendPlain(command, ...args), toRedisError),
    // A reserved connection may wait as long as it likes for a blocking command, and is not made again when it is lost:
    // its owner learns of it by the command that fails.
    connect: open(redis, { commandTimeout: undefined, retryStrategy: () => null }).pipe(
      Effect.map((client) => ({ send: sendWith(client), close: Effect.sync(() => client.disconnect()) }))
    ),
    subscribe: Effect.fnUntraced(function*(channel, onMessage) {
      const lost = yield* Deferred.make<void, Redis.RedisError>()
      // The client subscribes again by itself after a reconnect.
      const client = yield* Effect.acquireRelease(
        open(redis, {}),
        (opened) => Effect.sync(() => opened.disconnect())
      )
      client.on("message", (from, message) => onMessage({ channel: from, message }))
      client.once("end", () => {
        Deferred.doneUnsafe(lost, Effect.fail(toRedisError(new Error(`The subscription to ${channel} has ended`))))
      })
      return yield* Effect.tryPromise({ try: () => client.subscribe(channel), catch: toRedisError }).pipe(
        Effect.as(Deferred.await(lost))
      )
    })
  })
})

/** Effect's own Redis service over the managed client; subscriptions and reserved connections get one of their own. */
export const layer: Layer.Layer<Redis.Redis, never, ManagedRedis> = Layer.effect(Redis.Redis, make)
