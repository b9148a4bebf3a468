import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Cluster } from "../Cluster.ts"
import { type Failpoint, failpoints, killAt, nameOf } from "../Failpoints.ts"
import { askRedis } from "../RedisServer.ts"
import type { Row } from "../Row.ts"

const reachMillisMax = { brief: 4_000, full: 12_000 }

const briefPoints = new Set([
  "book: book-n, done",
  "book: commit of commit booking, sent",
  "book: commit of commit booking, done",
  "cancel: release-n, sent",
  "promote: promote-n, done"
])

/** Gives the processes a reason to come to a point where the load alone gives none. */
const provoke = async (cluster: Cluster, manyId: string, { flow }: Failpoint): Promise<void> => {
  if (flow === "rebuild") await askRedis(cluster.redis.url, (redis) => redis.flushall())
  if (flow === "edit") {
    await cluster.query(Effect.flatMap(SqlClient.SqlClient, (sql) =>
      sql`UPDATE train_seat_config SET seat_count = 399 + (seat_count + 1) % 2
        WHERE train_id = ${manyId} AND berth = 'LB'`))
  }
}

/** Kills servers and schedulers with SIGKILL at every step of every flow that writes; callers ask again with their keys. */
export const serverKilled: Row = {
  name: "server-killed",
  fault: "a server or a scheduler killed at any step of booking, cancelling, promoting, sweeping, rebuilding",
  brief: true,
  nativeRedis: false,
  run: async ({ brief, cluster, injected, network, note, problem, random }) => {
    const chosen = brief ? failpoints.filter((point) => briefPoints.has(nameOf(point))) : failpoints
    const missed: Array<string> = []
    const restarts: Array<Promise<void>> = []
    for (const point of random.shuffle(chosen)) {
      const able = cluster.processes.some(({ kind, running }) => running && kind === (point.by ?? "server"))
      // One at least must be there to be killed, and in a sale one at least to serve.
      if (!able || cluster.servers.filter(({ running }) => running).length < 2) await Promise.all(restarts.splice(0))
      const reached = killAt(cluster.processes, point, brief ? reachMillisMax.brief : reachMillisMax.full)
      await provoke(cluster, network.manyId, point)
      const killed = await reached
      if (killed === undefined) {
        missed.push(nameOf(point))
      } else {
        injected()
        restarts.push(killed.kill().then(() => killed.restart()))
      }
    }
    await Promise.all(restarts)
    note(`${chosen.length - missed.length} of ${chosen.length} failpoints reached`)
    if (missed.length > 0) note(`nobody came to: ${missed.join("; ")}`)
    if (missed.some((name) => name.includes("book: book-n") || name.includes("commit of commit booking"))) {
      problem("the steps of a booking were not recognised on the wire")
    }
  }
}
