import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { waitUntil } from "../ChildProcess.ts"
import type { Cluster } from "../Cluster.ts"
import { askRedis, NativeRedisServer } from "../RedisServer.ts"
import type { Row } from "../Row.ts"

let replicas = 0

const startReplica = async (cluster: Cluster): Promise<NativeRedisServer> => {
  const replica = await NativeRedisServer.start(join(cluster.folder, `redis-${++replicas}`))
  await askRedis(replica.url, (redis) => redis.replicaof("127.0.0.1", cluster.redis.port))
  await waitUntil(
    "the replica has caught up",
    20_000,
    () => askRedis(replica.url, async (redis) => /^master_link_status:up/m.test(await redis.info("replication")))
  )
  return replica
}

const promote = (replica: NativeRedisServer): Promise<unknown> =>
  askRedis(replica.url, (redis) => redis.replicaof("NO", "ONE"))

/** The replica misses the primary's last seconds, and becomes the primary. */
export const failover: Row = {
  name: "failover",
  fault: "failover to a replica that lacks acknowledged writes",
  brief: false,
  nativeRedis: true,
  run: async ({ cluster, injected, random }) => {
    for (let failovers = 0; failovers < 2; failovers++) {
      const replica = await startReplica(cluster)
      replica.signal("SIGSTOP")
      await pause(random.between(1500, 3000))
      // Dead before the replica runs again, so that what it missed is gone.
      await cluster.redis.stop()
      replica.signal("SIGCONT")
      await promote(replica)
      cluster.followRedis(replica)
      injected()
      await pause(random.between(3000, 5000))
    }
  }
}

/** One server goes on with the old primary while the others have a new one. */
export const twoPrimaries: Row = {
  name: "two-primaries",
  fault: "two Redis primaries, one server pinned to the old one",
  brief: false,
  nativeRedis: true,
  run: async ({ cluster, injected, random }) => {
    for (let splits = 0; splits < 2; splits++) {
      const old = cluster.redis
      const replica = await startReplica(cluster)
      await promote(replica)
      const [pinned] = cluster.servers
      cluster.followRedis(replica)
      if (pinned !== undefined) {
        pinned.redis.targetPort = old.port
        pinned.redis.cutAll()
      }
      injected()
      await pause(random.between(5000, 8000))
      if (pinned !== undefined) {
        pinned.redis.targetPort = replica.port
        pinned.redis.cutAll()
      }
      await pause(random.between(1000, 3000))
    }
  }
}
