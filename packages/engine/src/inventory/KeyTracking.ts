import { Clock, Deferred, Effect, Schema, type Scope } from "effect"
import type { Redis, RedisOptions } from "ioredis"
import { observedScripts, showTracking } from "../metrics/RedisMetrics.ts"
import type { LuaScript } from "./LuaScript.ts"
import { type ManagedRedis, RedisRefusal } from "./ManagedRedis.ts"
import { type RedisArgument, ScriptCommand } from "./ScriptCommand.ts"

/** Where Redis names keys to a client of RESP2 that others' readings are redirected to. */
const channel = "__redis__:invalidate"

/** How long Redis may take to say that it is there; a line on which it does not is ended. */
const silenceMillisMax = 1_000
const listenEveryMillis = 250

const againMillisMin = 100
const againMillisMax = 5_000

/** A line on which Redis remembers what was read, so that it names it once it changes. */
export interface TrackedLine {
  /** Runs a script that Redis has; texts in the reply are bytes. */
  runBinary(
    script: LuaScript,
    keys: ReadonlyArray<string>,
    args: ReadonlyArray<RedisArgument>
  ): Effect.Effect<unknown, RedisRefusal>
}

export interface KeyTracking {
  /** The line there is; to ask for it is to want one. What was read on another one is told of by nobody. */
  line(): TrackedLine | undefined
}

/** Keys that have changed; all of them where Redis was emptied. */
type OnChange = (keys: ReadonlyArray<string> | "all") => void

const refusalOf = (error: unknown) =>
  new RedisRefusal({ message: error instanceof Error ? error.message : String(error) })
const asking = <A>(ask: () => Promise<A>) => Effect.tryPromise({ try: ask, catch: refusalOf })

/** A connection that ends with the scope, and says at once when it ends before. */
const open = Effect.fnUntraced(function*(
  redis: ManagedRedis["Service"],
  changes: Partial<RedisOptions>,
  onClose: () => void
): Effect.fn.Return<Redis, RedisRefusal, Scope.Scope> {
  const client = yield* Effect.acquireRelease(
    // It is not made again by itself: the other one has to be made again as well.
    Effect.sync(() => redis.duplicate({ ...changes, lazyConnect: true, retryStrategy: () => null })),
    (opened) => Effect.sync(() => opened.disconnect())
  )
  // Whoever waits for a command learns of the failure; an event without a listener would be printed as well.
  client.on("error", () => {})
  client.on("close", onClose)
  yield* asking(() => client.connect())
  return client
})

const isList = Schema.is(Schema.Array(Schema.Uint8Array))

// The client's types know texts alone in this place; Redis sends a list of keys, or null.
const keysOf = (message: unknown): ReadonlyArray<string> | "all" =>
  isList(message) ? message.map((key) => Buffer.from(key).toString()) : "all"

const lineOver = (reader: Redis): TrackedLine => ({
  runBinary: observedScripts((script, keys, args) =>
    asking(() => {
      const command = new ScriptCommand({ script, keys, args, encoding: null })
      reader.sendCommand(command)
      return command.promise
    })
  )
})

// A process that has had no time finds the clock run out before it finds the answer, so that it looks once more.
const silence = Effect.andThen(
  Effect.sleep(silenceMillisMax),
  Effect.callback<never, RedisRefusal>((resume) => {
    setImmediate(() => resume(Effect.fail(new RedisRefusal({ message: "it is silent" }))))
  })
)

/** Opens a line, and the effect that goes on hearing whether it is still told of changes, until it is not. */
const openLine = Effect.fnUntraced(function*(
  redis: ManagedRedis["Service"],
  on: { readonly change: OnChange; readonly close: () => void }
) {
  const listener = yield* open(redis, { protocol: 2 }, on.close)
  const reader = yield* open(redis, {}, on.close)
  listener.on("messageBuffer", (_channel: Buffer, message: unknown) => on.change(keysOf(message)))
  const id = yield* asking(() => listener.client("ID"))
  yield* asking(() => listener.subscribe(channel))
  yield* asking(() => reader.call("CLIENT", "TRACKING", "ON", "REDIRECT", String(id)))
  // What Redis has told before its answer has arrived before it, so that an answer vouches for all until the question.
  const listen = Effect.raceFirst(asking(() => Promise.all([listener.ping(), reader.ping()])), silence)
  return {
    line: lineOver(reader),
    listening: Effect.forever(Effect.andThen(Effect.sleep(listenEveryMillis), listen))
  }
})

/**
 * Has Redis tell which of the keys that were read have changed (`CLIENT TRACKING`). Reading has a connection of its own:
 * Redis remembers all keys of a script that reads any, and on the connection that sells that would be thirty for each sale.
 * It is told on another one, as the client does not pass on what RESP3 would send on the same. Where Redis refuses, and in
 * a cluster, there is no line.
 */
export const makeKeyTracking = Effect.fnUntraced(function*(
  redis: ManagedRedis["Service"],
  onChange: OnChange
): Effect.fn.Return<KeyTracking, never, Scope.Scope> {
  // Redis keeps real time, also in tests that have a clock of their own.
  const clock = Clock.Clock.defaultValue()
  let line: TrackedLine | undefined
  showTracking(() => line !== undefined)

  const stand = Effect.fnUntraced(function*(onLine: () => void): Effect.fn.Return<never, RedisRefusal, Scope.Scope> {
    const lost = Deferred.makeUnsafe<never, RedisRefusal>()
    const close = () => {
      // The end of a silent connection is noticed seconds later, when another line may stand.
      if (Deferred.isDoneUnsafe(lost)) return
      line = undefined
      onChange("all")
      Deferred.doneUnsafe(lost, Effect.fail(new RedisRefusal({ message: "a connection was lost" })))
    }
    yield* Effect.addFinalizer(() => Effect.sync(close))
    const opened = yield* openLine(redis, { change: onChange, close })
    if (Deferred.isDoneUnsafe(lost)) {
      return yield* Deferred.await(lost)
    }
    line = opened.line
    onLine()
    return yield* Effect.raceFirst(Deferred.await(lost), opened.listening)
  })

  const standAgain = Effect.gen(function*() {
    let failures = 0
    while (true) {
      const refusal = yield* Effect.flip(Effect.scoped(stand(() => {
        failures = 0
      })))
      if (failures++ === 0) {
        yield* Effect.logInfo(
          `Redis does not tell what has changed, so that enquiries read it again: ${refusal.message}`
        )
      }
      yield* Effect.sleep(Math.min(againMillisMin * 2 ** Math.min(failures - 1, 10), againMillisMax))
    }
  })

  // A scheduler never looks, and is spared two connections.
  const wanted = Deferred.makeUnsafe<void>()
  if (!redis.isCluster) {
    yield* Deferred.await(wanted).pipe(
      Effect.andThen(standAgain),
      Effect.provideService(Clock.Clock, clock),
      Effect.forkScoped
    )
  }
  return {
    line: () => {
      if (line === undefined) Deferred.doneUnsafe(wanted, Effect.void)
      return line
    }
  }
})
