import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, Effect, Layer, Schema, type Stream, SubscriptionRef } from "effect"
import type { RunRef } from "./Inventory.ts"
import { keySlot } from "./KeySlot.ts"
import { ManagedRedis, type RedisNode } from "./ManagedRedis.ts"
import { metaKey, seededKey } from "./RunKeys.ts"

const decodeText = Schema.decodeUnknownEffect(Schema.String)
const decodeSeeded = Schema.decodeUnknownEffect(Schema.NullOr(Schema.String))

/** One Redis, or a node of a cluster that takes writes, with the runs that are its own. */
export interface RedisPart {
  /** Its `run_id` and role: a replica that was promoted is another instance. */
  readonly instance: string
  /** The instance that its runs were loaded into; null where they never were. */
  readonly seededInstance: Effect.Effect<string | null, StoreUnavailable>
  has(run: RunRef): boolean
  /** Records that its runs were loaded into it. */
  readonly markSeeded: Effect.Effect<void, StoreUnavailable>
}

/**
 * Which Redis this is, and whether the runs were loaded into it. Where a part's `seededInstance` is not its `instance`, it
 * was emptied, restarted or replaced, and nothing in it can be relied on.
 */
export class InventoryHealth extends Context.Service<InventoryHealth, {
  /** Says something whenever a connection was made, at once for the one there is: look again. */
  readonly connections: Stream.Stream<number>
  /** One, or of a cluster each node that has slots and answers. */
  readonly parts: Effect.Effect<ReadonlyArray<RedisPart>, StoreUnavailable>
}>()("@berth/engine/inventory/InventoryHealth") {
  static readonly layer: Layer.Layer<InventoryHealth, never, ManagedRedis> = Layer.effect(
    InventoryHealth,
    Effect.gen(function*() {
      const redis = yield* ManagedRedis
      return InventoryHealth.of({
        connections: SubscriptionRef.changes(redis.connections),
        parts: Effect.suspend(() =>
          Effect.map(
            Effect.forEach(redis.nodes(), (node) => partOf(node, redis), { concurrency: "unbounded" }),
            (found) => found.flat()
          )
        )
      })
    })
  )
}

const ask = (node: RedisNode, ...args: readonly [string, string]) =>
  Effect.flatMap(node.send(...args), (reply) => Effect.orDie(decodeText(reply)))

const info = (node: RedisNode, section: string, field: RegExp) =>
  Effect.map(ask(node, "INFO", section), (text) => field.exec(text)?.[1] ?? "unknown")

/** Tells which slots are the node's, by its own line of `CLUSTER NODES`; undefined where it has none. */
const ownSlots = Effect.fnUntraced(function*(node: RedisNode) {
  const line = /^.*\bmyself\b.*$/m.exec(yield* ask(node, "CLUSTER", "NODES"))?.[0] ?? ""
  const ranges = line.split(" ").slice(8).flatMap((text) => {
    const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? []
    return from === undefined ? [] : [{ from: Number(from), to: Number(to) }]
  })
  return ranges.length === 0 ? undefined : (slot: number) => ranges.some(({ from, to }) => from <= slot && slot <= to)
})

/** A key of the node's own: the first of a row of names whose slot it has. */
const ownSeededKey = (has: (slot: number) => boolean): string => {
  let name = 0
  while (!has(keySlot(`${seededKey}:{${name}}`))) {
    name++
  }
  return `${seededKey}:{${name}}`
}

const partOf = Effect.fnUntraced(function*(node: RedisNode, redis: ManagedRedis["Service"]) {
  const runId = yield* info(node, "server", /^run_id:(\w+)/m)
  const role = yield* info(node, "replication", /^role:(\w+)/m)
  const hasSlot = redis.isCluster ? yield* ownSlots(node) : () => true
  if (hasSlot === undefined) {
    return []
  }
  const key = redis.isCluster ? ownSeededKey(hasSlot) : seededKey
  const instance = `${runId}:${role}`
  const part: RedisPart = {
    instance,
    seededInstance: Effect.flatMap(node.send("GET", key), (reply) => Effect.orDie(decodeSeeded(reply))),
    has: (run) => hasSlot(keySlot(metaKey(run))),
    markSeeded: Effect.asVoid(node.send("SET", key, instance))
  }
  return [part]
})
