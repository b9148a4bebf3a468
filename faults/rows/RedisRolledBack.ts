import { copyFile, rm } from "node:fs/promises"
import { setTimeout as pause } from "node:timers/promises"
import { askRedis } from "../RedisServer.ts"
import type { Row } from "../Row.ts"

/** Redis comes back with what it held a while ago: berths that were sold since are free in it. */
export const redisRolledBack: Row = {
  name: "redis-rolled-back",
  fault: "Redis restarted from an older RDB file",
  brief: false,
  nativeRedis: true,
  run: async ({ cluster, injected, random }) => {
    const { native } = cluster.redis
    if (native === undefined) return
    const old = `${native.rdbFile}.old`
    for (let rollbacks = 0; rollbacks < 3; rollbacks++) {
      await askRedis(native.url, (redis) => redis.save())
      await copyFile(native.rdbFile, old)
      await pause(random.between(2000, 4000))
      await native.kill()
      await copyFile(old, native.rdbFile)
      await native.start()
      injected()
      await pause(random.between(3000, 5000))
    }
    await rm(native.rdbFile)
  }
}
