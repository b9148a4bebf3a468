import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { BerthProcess } from "../BerthProcess.ts"
import type { Cluster } from "../Cluster.ts"
import { type Failpoint, failpoints, killAt, nameOf } from "../Failpoints.ts"
import { askRedis } from "../RedisServer.ts"
import type { Row } from "../Row.ts"
import type { SeededRandom } from "../SeededRandom.ts"

/** A sweep comes every ten seconds; everything else is under way all the time. */
const reachMillisMax = 15_000

const briefPoints = new Set([
  "book: book-n, done",
  "book: commit of commit booking, done",
  "cancel: release-n, sent"
])

const flows = ["book", "cancel", "promote", "sweep", "edit", "rebuild"] as const

/** The flows one after another, the steps of each in an order of chance. */
const inOrder = (random: SeededRandom, points: ReadonlyArray<Failpoint>): ReadonlyArray<Failpoint> =>
  flows.flatMap((flow) => random.shuffle(points.filter((point) => point.flow === flow)))

/** Gives the processes a reason to come to a point where the load alone gives none. */
const provoke = async (cluster: Cluster, manyId: string, { flow }: Failpoint): Promise<void> => {
  if (flow === "rebuild") await askRedis(cluster.redis.url, (redis) => redis.flushall())
  if (flow === "edit") {
    await cluster.query(
      Effect.flatMap(
        SqlClient.SqlClient,
        (sql) =>
          sql`UPDATE train_seat_config SET seat_count = 399 + (seat_count + 1) % 2
        WHERE train_id = ${manyId} AND berth = 'LB'`
      )
    )
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
    const spare = brief ? [] : await Promise.all([cluster.launch("server"), cluster.launch("scheduler")])
    await Promise.all(spare.map((berth) => berth.ready()))
    cluster.servers.push(...spare.filter(({ kind }) => kind === "server"))
    cluster.schedulers.push(...spare.filter(({ kind }) => kind === "scheduler"))
    const missed: Array<string> = []
    const restarting = new Map<BerthProcess, Promise<void>>()
    const ready = (kind: BerthProcess["kind"]) =>
      cluster.processes.filter((berth) => berth.kind === kind && berth.running && !restarting.has(berth)).length
    for (const point of inOrder(random, chosen)) {
      // One at least must be there to be killed, and in a sale one at least to serve.
      if (ready("server") < 2 || (point.by !== undefined && ready(point.by) === 0) || point.flow === "rebuild") {
        await Promise.all(restarting.values())
      }
      const reached = killAt(cluster.processes, point, reachMillisMax)
      await provoke(cluster, network.manyId, point)
      const killed = await reached
      if (killed === undefined) {
        missed.push(nameOf(point))
      } else {
        injected()
        const restart = killed.kill().then(() => killed.restart()).catch((cause: unknown) =>
          problem(`${killed.name}: ${String(cause)}`)
        ).finally(() => restarting.delete(killed))
        restarting.set(killed, restart)
      }
    }
    await Promise.all(restarting.values())
    for (const berth of spare) {
      const list = berth.kind === "server" ? cluster.servers : cluster.schedulers
      list.splice(list.indexOf(berth), 1)
      await berth.stop()
    }
    note(`${chosen.length - missed.length} of ${chosen.length} failpoints reached`)
    if (missed.length > 0) note(`nobody came to: ${missed.join("; ")}`)
    if (missed.some((name) => name.includes("book: book-n") || name.includes("commit of commit booking"))) {
      problem("the steps of a booking were not recognised on the wire")
    }
  }
}
