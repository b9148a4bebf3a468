import { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Clock, Context, Effect, Layer, Random, Redacted, Schema, SubscriptionRef } from "effect"
import { Command, Redis, type RedisOptions } from "ioredis"
import { observedScripts, showRedis } from "../metrics/RedisMetrics.ts"
import { leftAlone, StoreCircuit } from "../StoreCircuit.ts"
import type { LuaScript } from "./LuaScript.ts"
import { type RedisArgument, ScriptCommand } from "./ScriptCommand.ts"

/** More than this many calls under way are refused at once: a longer queue would only serve callers who have gone. */
export const commandsInFlightMax = 5_000

/** Longer than a script's own deadline (`allocateMillisMax`), so a call that timed out can no longer take effect. */
const commandMillisMax = 3_000

const connectMillisMax = 5_000
const keepAliveMillis = 10_000
const reconnectMillisMin = 50
const reconnectMillisMax = 2_000

/** Redis does not answer at start. */
export class RedisUnreachable extends Schema.TaggedError<RedisUnreachable>()("RedisUnreachable", {
  address: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `Redis at ${this.address} does not answer (${this.reason}); start it, or correct REDIS_URI`
  }
}

/** A call that Redis or the client refused, in their own words. */
export class RedisRefusal extends Schema.TaggedError<RedisRefusal>()("RedisRefusal", { message: Schema.String }) {}

const unavailable = (detail: string) => new StoreUnavailable({ store: "redis", retryAfterSeconds: 1, detail })
const doesNotAnswer = unavailable("Redis does not answer. Try again in a second.")
const refusedLeftAlone = new RedisRefusal({ message: leftAlone.redis.detail })

/** Whether Redis itself said it, and not the client in its stead. */
const isReply = (error: unknown): boolean => error instanceof Error && error.name === "ReplyError"

/**
 * A connection to Redis that lives as long as its scope. While it is away calls fail at once, nothing is queued and
 * nothing is sent again: a late allocation would hold berths for nobody.
 */
export class ManagedRedis extends Context.Service<ManagedRedis, {
  /** Counts the connections made so far; changes with every reconnect. */
  readonly connections: SubscriptionRef.SubscriptionRef<number>
  /** One command; texts in the reply are strings. */
  send(command: string, ...args: ReadonlyArray<RedisArgument>): Effect.Effect<unknown, StoreUnavailable>
  /** The same, with what Redis or the client said where they refuse. */
  sendPlain<A = unknown>(command: string, ...args: ReadonlyArray<RedisArgument>): Effect.Effect<A, RedisRefusal>
  /** Another client with the same settings, not connected yet; whoever asks for it disconnects it. */
  duplicate(changes: Partial<RedisOptions>): Redis
  /** Runs a script; loads it first where Redis does not have it. Texts in the reply are strings. */
  run(
    script: LuaScript,
    keys: ReadonlyArray<string>,
    args: ReadonlyArray<RedisArgument>
  ): Effect.Effect<unknown, StoreUnavailable>
  /** The same; texts in the reply are bytes. */
  runBinary(
    script: LuaScript,
    keys: ReadonlyArray<string>,
    args: ReadonlyArray<RedisArgument>
  ): Effect.Effect<unknown, StoreUnavailable>
}>()("@berth/engine/inventory/ManagedRedis") {
  /** Connects to `redis://…` or `rediss://…`; fails where nobody answers. */
  static readonly layer = (uri: Redacted.Redacted<string>): Layer.Layer<ManagedRedis, RedisUnreachable> =>
    Layer.effect(ManagedRedis, make(uri))
}

const connect = Effect.fnUntraced(function*(uri: Redacted.Redacted<string>, onReady: () => void) {
  const text = Redacted.value(uri)
  const address = URL.canParse(text) ? new URL(text).host : "an address that is no URI"
  const random = yield* Random.Random
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  let everReady = false
  let lastError = "it closed the connection"

  const client = new Redis(text, {
    lazyConnect: true,
    connectTimeout: connectMillisMax,
    commandTimeout: commandMillisMax,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    keepAlive: keepAliveMillis,
    noDelay: true,
    retryStrategy: (attempt) =>
      everReady
        ? Math.min(reconnectMillisMin * 2 ** Math.min(attempt, 10), reconnectMillisMax) *
          (0.5 + random.nextDoubleUnsafe() / 2)
        : null
  })
  client.on("error", (error: Error) => {
    lastError = error.message
  })
  client.on("ready", () => {
    everReady = true
    onReady()
  })
  client.on("close", () => {
    if (everReady) {
      fork(Effect.logWarning(`Lost the connection to Redis at ${address}: ${lastError}`))
    }
  })

  yield* Effect.acquireRelease(
    Effect.tryPromise({
      try: () => client.connect(),
      catch: () => new RedisUnreachable({ address, reason: lastError })
    }),
    () => {
      // From here on a closed connection is what was asked for.
      everReady = false
      return Effect.tryPromise(() => client.quit()).pipe(
        Effect.ignore,
        Effect.andThen(Effect.sync(() => client.disconnect()))
      )
    }
  )
  return client
})

/** Calls under way: so many at most, and none to a Redis that does not answer. */
const makeCalls = (circuit: StoreCircuit) => {
  let inFlight = 0
  const attempt = <A>(call: () => Promise<A>): Effect.Effect<A, RedisRefusal> =>
    Effect.callback<A, RedisRefusal>((resume) => {
      if (inFlight >= commandsInFlightMax) {
        return resume(new RedisRefusal({ message: `${commandsInFlightMax} calls are under way` }))
      }
      if (!circuit.admits()) {
        return resume(refusedLeftAlone)
      }
      inFlight++
      const settle = (reply: Effect.Effect<A, RedisRefusal>) => {
        inFlight--
        return resume(reply)
      }
      call().then(
        (reply) => {
          circuit.answered()
          return settle(Effect.succeed(reply))
        },
        (error: unknown) => {
          if (isReply(error)) circuit.answered()
          else circuit.wasSilent()
          return settle(
            Effect.fail(new RedisRefusal({ message: error instanceof Error ? error.message : String(error) }))
          )
        }
      )
    })
  return { attempt, underWay: () => inFlight }
}

const make = Effect.fnUntraced(function*(uri: Redacted.Redacted<string>) {
  const connections = yield* SubscriptionRef.make(0)
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  const clock = yield* Clock.Clock
  const circuit = new StoreCircuit("redis", () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6)
  const client = yield* connect(uri, () => {
    circuit.answered()
    fork(SubscriptionRef.update(connections, (count) => count + 1))
  })
  const { attempt, underWay } = makeCalls(circuit)
  showRedis(underWay, () => SubscriptionRef.getUnsafe(connections))

  const orUnavailable = (error: RedisRefusal): Effect.Effect<never, StoreUnavailable> => {
    if (error === refusedLeftAlone) {
      return Effect.fail(leftAlone.redis)
    }
    // A script or a command that is wrong stays wrong: no caller can act on it.
    if (/^(?:ERR|WRONGTYPE) /.test(error.message)) {
      return Effect.die(new Error(error.message))
    }
    // A lost connection was logged when it was lost, and at the bound every caller comes here: a line for each call
    // would be a flood. The message alone is logged, for the error holds the call's arguments.
    const silent = client.status !== "ready" || underWay() >= commandsInFlightMax
    return Effect.andThen(
      silent ? Effect.void : Effect.logWarning(`Redis refused a call: ${error.message}`),
      doesNotAnswer
    )
  }

  // Calls of one turn of the event loop leave in one write: under load a system call for each costs more than the script.
  let gathering = false
  const gatherWrites = () => {
    if (!gathering) {
      const { stream } = client
      gathering = true
      stream.cork()
      setImmediate(() => {
        gathering = false
        stream.uncork()
      })
    }
  }

  const write = <A>(command: Command): Promise<A> => {
    gatherWrites()
    client.sendCommand(command)
    return command.promise
  }

  const send = <A = unknown>(name: string, args: ReadonlyArray<RedisArgument>, replyEncoding: "utf8" | null) =>
    attempt<A>(() => write(new Command(name, [...args], { replyEncoding })))

  const evaluate = (encoding: "utf8" | null) =>
  (
    script: LuaScript,
    keys: ReadonlyArray<string>,
    args: ReadonlyArray<RedisArgument>
  ) => {
    const evalsha = attempt(() => write(new ScriptCommand({ script, keys, args, encoding })))
    return Effect.catch(evalsha, (error) =>
      error.message.startsWith("NOSCRIPT")
        ? Effect.andThen(send("script", ["LOAD", script.source], "utf8"), evalsha).pipe(Effect.catch(orUnavailable))
        : orUnavailable(error))
  }

  return ManagedRedis.of({
    connections,
    send: (command, ...args) => Effect.catch(send(command, args, "utf8"), orUnavailable),
    sendPlain: (command, ...args) => send(command, args, "utf8"),
    duplicate: (changes) => client.duplicate(changes),
    run: observedScripts(evaluate("utf8")),
    runBinary: observedScripts(evaluate(null))
  })
})
