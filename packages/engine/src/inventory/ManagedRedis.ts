import { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Clock, Context, Effect, Layer, Random, Redacted, Schema, SubscriptionRef } from "effect"
import { Command, type Redis, type RedisOptions } from "ioredis"
import { observedScripts, showRedis } from "../metrics/RedisMetrics.ts"
import { leftAlone, StoreCircuit } from "../StoreCircuit.ts"
import type { LuaScript } from "./LuaScript.ts"
import { openLink } from "./RedisLink.ts"
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

/** A node that takes writes, addressed by itself. */
export interface RedisNode {
  /** One command; texts in the reply are strings. */
  send(command: string, ...args: ReadonlyArray<RedisArgument>): Effect.Effect<unknown, StoreUnavailable>
}

/**
 * A connection to Redis, or to the nodes of a Redis Cluster, that lives as long as its scope. While it is away calls fail
 * at once, nothing is queued and nothing is sent again: a late allocation would hold berths for nobody.
 */
export class ManagedRedis extends Context.Service<ManagedRedis, {
  /** Counts the connections made so far; changes with every reconnect. */
  readonly connections: SubscriptionRef.SubscriptionRef<number>
  readonly isCluster: boolean
  /** One command; texts in the reply are strings. */
  send(command: string, ...args: ReadonlyArray<RedisArgument>): Effect.Effect<unknown, StoreUnavailable>
  /** Every node that takes writes; the one Redis where there is no cluster. */
  nodes(): ReadonlyArray<RedisNode>
  /** One command, with what Redis or the client said where they refuse. `SCRIPT` goes to every node. */
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
  /** Connects to `redis://…` or `redis+cluster://…`, with TLS to `rediss…`; fails where nobody answers. */
  static readonly layer = (uri: Redacted.Redacted<string>): Layer.Layer<ManagedRedis, RedisUnreachable> =>
    Layer.effect(ManagedRedis, make(uri))
}

const connect = Effect.fnUntraced(function*(uri: Redacted.Redacted<string>, onReady: () => void) {
  const random = yield* Random.Random
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  let everReady = false
  let lastError = "it closed the connection"
  const link = openLink(Redacted.value(uri), {
    connectTimeout: connectMillisMax,
    commandTimeout: commandMillisMax,
    keepAlive: keepAliveMillis,
    retryStrategy: (attempt) =>
      everReady
        ? Math.min(reconnectMillisMin * 2 ** Math.min(attempt, 10), reconnectMillisMax) *
          (0.5 + random.nextDoubleUnsafe() / 2)
        : null
  })
  const { address } = link
  link.listen({
    onError: (error) => {
      lastError = error.message
    },
    onReady: () => {
      everReady = true
      onReady()
    },
    onChange: () => {
      if (everReady) {
        onReady()
      }
    },
    onClose: () => {
      if (everReady) {
        fork(Effect.logWarning(`Lost the connection to Redis at ${address}: ${lastError}`))
      }
    }
  })
  yield* Effect.acquireRelease(
    Effect.tryPromise({
      try: () => link.connect(),
      catch: () => new RedisUnreachable({ address, reason: lastError })
    }),
    () => {
      // From here on a closed connection is what was asked for.
      everReady = false
      return Effect.ignore(Effect.tryPromise(() => link.close()))
    }
  )
  return link
})

/** Calls under way: so many at most, and none to a Redis that does not answer. The silence of a node is not a cluster's. */
const makeCalls = (circuit: StoreCircuit, isCluster: boolean) => {
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
          else if (!isCluster) circuit.wasSilent()
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
  const link = yield* connect(uri, () => {
    circuit.answered()
    fork(SubscriptionRef.update(connections, (count) => count + 1))
  })
  const { attempt, underWay } = makeCalls(circuit, link.isCluster)
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
    const silent = !link.isReady() || underWay() >= commandsInFlightMax
    return Effect.andThen(
      silent ? Effect.void : Effect.logWarning(`Redis refused a call: ${error.message}`),
      doesNotAnswer
    )
  }

  const write = <A>(command: Command): Promise<A> => {
    link.write(command)
    return command.promise
  }

  const send = <A = unknown>(name: string, args: ReadonlyArray<RedisArgument>) =>
    attempt<A>(() => write(new Command(name, [...args], { replyEncoding: "utf8" })))

  const sendTo = (node: Redis) => <A = unknown>(name: string, args: ReadonlyArray<RedisArgument>) =>
    attempt<A>(() => {
      const command = new Command(name, [...args], { replyEncoding: "utf8" })
      node.sendCommand(command)
      return command.promise
    })

  /** Any node may have the next key that the script is called with. */
  const sendScript = <A = unknown>(args: ReadonlyArray<RedisArgument>): Effect.Effect<A, RedisRefusal> =>
    Effect.flatMap(
      Effect.forEach(link.nodes(), (node) => sendTo(node)<A>("script", args), { concurrency: "unbounded" }),
      ([reply]) =>
        reply === undefined ? Effect.fail(new RedisRefusal({ message: "no node answers" })) : Effect.succeed(reply)
    )

  const evaluate = (encoding: "utf8" | null) =>
  (
    script: LuaScript,
    keys: ReadonlyArray<string>,
    args: ReadonlyArray<RedisArgument>
  ) => {
    const evalsha = attempt(() => write(new ScriptCommand({ script, keys, args, encoding })))
    return Effect.catch(evalsha, (error) =>
      error.message.startsWith("NOSCRIPT")
        ? Effect.andThen(sendScript(["LOAD", script.source]), evalsha).pipe(Effect.catch(orUnavailable))
        : orUnavailable(error))
  }

  return ManagedRedis.of({
    connections,
    isCluster: link.isCluster,
    send: (command, ...args) => Effect.catch(send(command, args), orUnavailable),
    nodes: () =>
      link.nodes().map((node) => ({
        send: (command, ...args) => Effect.catch(sendTo(node)(command, args), orUnavailable)
      })),
    sendPlain: (command, ...args) => command.toLowerCase() === "script" ? sendScript(args) : send(command, args),
    duplicate: (changes) => link.duplicate(changes),
    run: observedScripts(evaluate("utf8")),
    runBinary: observedScripts(evaluate(null))
  })
})
