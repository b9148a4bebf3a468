import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { type Failpoint, failpoints, killAtEach, nameOf } from "../Failpoints.ts"
import { askRedis } from "../RedisServer.ts"
import type { Row, RowContext } from "../Row.ts"
import type { SeededRandom } from "../SeededRandom.ts"

const briefPoints = new Set([
  "book: book-n, done",
  "book: commit of commit booking, done",
  "cancel: release-n, sent"
])

const flows = ["book", "cancel", "promote", "sweep", "edit", "rebuild"] as const

/** The flows one after another, the steps of each in an order of chance. */
const inOrder = (random: SeededRandom, points: ReadonlyArray<Failpoint>): ReadonlyArray<Failpoint> =>
  flows.flatMap((flow) => random.shuffle(points.filter((point) => point.flow === flow)))

/** Gives the processes a reason to come to a point where the load alone gives too little. */
const provoke = async ({ cluster, load, network }: RowContext, { flow, step }: Failpoint): Promise<void> => {
  // A party that leaves the waitlist, or a berth that somebody on it gets.
  if (flow === "promote" || step === "set-waiting-2" || step === "note left") await load.queueUpAndCancel()
  if (flow === "rebuild") await askRedis(cluster.redis.url, (redis) => redis.flushall())
  if (flow === "edit") {
    await cluster.query(
      Effect.flatMap(
        SqlClient.SqlClient,
        (sql) =>
          sql`UPDATE train_seat_config SET seat_count = 399 + (seat_count + 1) % 2
        WHERE train_id = ${network.manyId} AND berth = 'LB'`
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
  run: async (context) => {
    const chosen = context.brief ? failpoints.filter((point) => briefPoints.has(nameOf(point))) : failpoints
    await killAtEach(context, inOrder(context.random, chosen), (point) => provoke(context, point))
  }
}
