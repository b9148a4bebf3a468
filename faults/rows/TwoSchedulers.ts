import { setTimeout as pause } from "node:timers/promises"
import { askRedis } from "../RedisServer.ts"
import type { Row } from "../Row.ts"

/** Beyond every deadline but a hold's, and beyond the patience of every connection. */
const pauseMillis = 20_000

/** Two schedulers do the same work; one of them stands still for longer than anything waits, and goes on where it was. */
export const twoSchedulers: Row = {
  name: "two-schedulers",
  fault: "two schedulers, one paused by SIGSTOP and continued",
  brief: false,
  nativeRedis: false,
  run: async ({ cluster, injected, random }) => {
    const second = await cluster.launch("scheduler")
    cluster.schedulers.push(second)
    await second.ready()
    for (let pauses = 0; pauses < (2); pauses++) {
      const paused = random.pick(cluster.schedulers)
      // Into the middle of a rebuild, where both are at work.
      await askRedis(cluster.redis.url, (redis) => redis.flushall())
      await pause(random.between(300, 1500))
      paused.signal("SIGSTOP")
      injected()
      await pause(pauseMillis)
      paused.signal("SIGCONT")
      await pause(random.between(500, 2000))
    }
    cluster.schedulers.splice(cluster.schedulers.indexOf(second), 1)
    await second.stop()
  }
}
