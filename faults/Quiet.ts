import { holdKeyPattern } from "@berth/engine/inventory/RunKeys"
import { Audit } from "@berth/engine/seeding/Audit"
import { Effect } from "effect"
import type { Redis } from "ioredis"
import { setTimeout as pause } from "node:timers/promises"
import type { Cluster } from "./Cluster.ts"
import type { Network } from "./Network.ts"
import { askRedis } from "./RedisServer.ts"

const auditMillisMax = 90_000
const drainMillisMax = 60_000

/** Longer than any commit of a load that has ended still takes; a hold that is this old belongs to nobody. */
const staleMillis = 3_000

/** Lets the time of a hold be over, where it is still the one that was seen. */
const endScript = `
  for i = 1, #ARGV, 2 do
    if redis.call("HGET", KEYS[1], ARGV[i]) == ARGV[i + 1] then
      redis.call("HSET", KEYS[1], ARGV[i], (string.gsub(ARGV[i + 1], "|%d+|", "|1|", 1)))
    end
  end`

const openHolds = async (redis: Redis): Promise<ReadonlyArray<readonly [key: string, id: string, hold: string]>> => {
  const keys = await redis.keys(holdKeyPattern)
  const found = await Promise.all(
    keys.map(async (key) => Object.entries(await redis.hgetall(key)).map(([id, hold]) => [key, id, hold] as const))
  )
  return found.flat().filter(([, , hold]) => /^(?:held|waiting)\|/.test(hold))
}

/**
 * Waits until every hold is settled, given back or parked. The sweep leaves a hold alone for half a minute; here the
 * time of those that nobody works on any more is moved, so that a row need not wait for it.
 */
export const drainHolds = async (cluster: Cluster): Promise<ReadonlyArray<string>> => {
  const until = performance.now() + drainMillisMax
  let seen = new Set<string>()
  for (;;) {
    const left = await askRedis(cluster.redis.url, async (redis) => {
      const holds = await openHolds(redis)
      for (const [key, id, hold] of holds) {
        if (seen.has(`${key} ${id} ${hold}`)) await redis.eval(endScript, 1, key, id, hold)
      }
      return holds
    })
    if (left.length === 0) return []
    if (performance.now() > until) {
      return [`${left.length} holds were not settled within ${drainMillisMax / 1000} s, such as ${left[0]?.join(" ")}`]
    }
    seen = new Set(left.map((hold) => hold.join(" ")))
    await pause(staleMillis)
  }
}

/** Looks until Redis says what PostgreSQL says and every run is open, and answers what differs when that takes too long. */
export const auditUntilEqual = (cluster: Cluster, network: Network): Promise<ReadonlyArray<string>> => {
  const until = performance.now() + auditMillisMax
  return cluster.withAudit(Effect.gen(function*() {
    const audit = yield* Audit
    for (;;) {
      const { differences, runs, runsNotOpen } = yield* audit.auditRuns(network.runIds)
      const equal = differences.length === 0 && runsNotOpen === 0 && runs === network.runIds.length
      if (equal) return []
      if (performance.now() > until) {
        return [
          ...runsNotOpen > 0 ? [`${runsNotOpen} runs are not open`] : [],
          ...differences.map(({ date, one, other, subject, trainId }) =>
            `audit: train ${trainId} of ${date}: ${subject}: ${one}; ${other}`
          )
        ]
      }
      yield* Effect.promise(() => pause(500))
    }
  }))
}
