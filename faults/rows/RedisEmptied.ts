import { setTimeout as pause } from "node:timers/promises"
import { askRedis } from "../RedisServer.ts"
import type { Row } from "../Row.ts"

/** Redis loses everything while people book: by FLUSHALL, and by a kill where it keeps nothing on disk. */
export const redisEmptied: Row = {
  name: "redis-emptied",
  fault: "Redis emptied during a sale: FLUSHALL, kill -9 without persistence",
  brief: true,
  nativeRedis: false,
  run: async ({ brief, cluster, injected, random }) => {
    for (let flushes = 0; flushes < (brief ? 2 : 4); flushes++) {
      await askRedis(cluster.redis.url, (redis) => redis.flushall())
      injected()
      await pause(random.between(500, 2500))
    }
    const { native } = cluster.redis
    if (native === undefined || brief) return
    for (let kills = 0; kills < 2; kills++) {
      await native.kill()
      injected()
      await pause(random.between(0, 1500))
      await native.start()
      await pause(random.between(1500, 3000))
    }
  }
}
