import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { setTimeout as pause } from "node:timers/promises"
import type { Row, RowContext } from "../Row.ts"

const berths = ["LB", "MB", "UB", "SL", "SU"]

const edit = ({ cluster, network }: RowContext, berth: string, seats: number): Promise<unknown> =>
  cluster.query(
    Effect.flatMap(SqlClient.SqlClient, (sql) =>
      sql`UPDATE train_seat_config SET seat_count = ${seats} WHERE train_id = ${network.manyId} AND berth = ${berth}`)
  )

/** Blocks every berth of a type, and sees to it that nobody who asks from now on is given one. */
const block = async (context: RowContext, berth: string): Promise<void> => {
  const { injected, load, network, problem } = context
  await edit(context, berth, 0)
  const blockedAt = Date.now()
  injected()
  await pause(2000)
  const unblocksAt = Date.now()
  await edit(context, berth, 300)
  injected()
  const sold = load.log.entries.filter(({ acknowledged, acknowledgedAt, sentAt, trip }) =>
    trip.trainId === network.manyId && sentAt > blockedAt && acknowledgedAt < unblocksAt
    && acknowledged?.passengers.some((passenger) => passenger.berth === berth && passenger.status === "CONFIRMED")
  )
  if (sold.length > 0) {
    problem(
      `${sold.length} bookings got a ${berth} that was blocked before they were asked for, such as ${sold[0]?.key}`
    )
  }
}

/** Operators add, retire, block and unblock berths by SQL while people book. */
export const configEdited: Row = {
  name: "config-edited",
  fault: "the seat configuration edited at random during a sale: add, retire, block, unblock",
  brief: true,
  nativeRedis: false,
  run: async (context) => {
    const { brief, injected, random } = context
    for (let rounds = 0; rounds < (brief ? 1 : 3); rounds++) {
      for (let edits = 0; edits < (brief ? 6 : 25); edits++) {
        await edit(context, random.pick(berths), random.between(0, 300))
        injected()
        await pause(random.between(20, 250))
      }
      await block(context, random.pick(berths))
    }
    for (const berth of berths) await edit(context, berth, 300)
  }
}
