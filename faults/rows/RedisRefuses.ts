import { setTimeout as pause } from "node:timers/promises"
import { waitUntil } from "../ChildProcess.ts"
import { askRedis } from "../RedisServer.ts"
import type { Row, RowContext } from "../Row.ts"

/** The scripts go, as after a restart, while everything else stays. */
export const scriptsLost: Row = {
  name: "scripts-lost",
  fault: "SCRIPT FLUSH during a sale",
  brief: true,
  nativeRedis: false,
  run: async ({ brief, cluster, injected, random }) => {
    for (let flushes = 0; flushes < (brief ? 5 : 30); flushes++) {
      await askRedis(cluster.redis.url, (redis) => redis.script("FLUSH"))
      injected()
      await pause(random.between(50, 400))
    }
  }
}

/** Makes Redis refuse every write for a while, and sees to it that nobody got a booking meanwhile. */
const refuseWrites = async (
  { cluster, injected, load, problem }: RowContext,
  setting: string,
  refusing: string,
  usual: string
): Promise<void> => {
  const set = (value: string) => askRedis(cluster.redis.url, (redis) => redis.config("SET", setting, value))
  await set(refusing)
  injected()
  // What Redis gave before is committed for a moment still.
  await pause(1000)
  const before = load.log.entries.filter(({ acknowledged }) => acknowledged !== undefined).length
  const newest = load.log.entries.length
  await pause(1500)
  const made = load.log.entries.slice(newest).filter(({ acknowledged }) => acknowledged !== undefined).length
  if (made > 0) problem(`${made} bookings were made while Redis refused every write (${setting})`)
  await set(usual)
  await waitUntil(
    "bookings after Redis refused",
    20_000,
    () => load.log.entries.filter(({ acknowledged }) => acknowledged !== undefined).length > before
  )
  await pause(1000)
}

/** Redis answers and takes nothing: no memory left, or fewer replicas than it insists on. */
export const redisRefuses: Row = {
  name: "redis-refuses",
  fault: "Redis out of memory (maxmemory), or without the replicas it needs (min-replicas-to-write)",
  brief: true,
  nativeRedis: false,
  run: async (context) => {
    for (let times = 0; times < (context.brief ? 1 : 3); times++) {
      await refuseWrites(context, "maxmemory", "1", "0")
      await refuseWrites(context, "min-replicas-to-write", "1", "0")
    }
  }
}
