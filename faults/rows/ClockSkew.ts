import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { existsSync } from "node:fs"
import { setTimeout as pause } from "node:timers/promises"
import type { Row } from "../Row.ts"

const libraries = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map((machine) =>
  `/usr/lib/${machine}/faketime/libfaketimeMT.so.1`
)
const library = libraries.find((path) => existsSync(path))

const wrongClock = (offset: string): Readonly<Record<string, string>> => ({
  LD_PRELOAD: library ?? "",
  FAKETIME: offset,
  // A wrong clock of the machine: the steady one goes on as it is.
  FAKETIME_DONT_FAKE_MONOTONIC: "1"
})

const decodeCount = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ count: Schema.Int })]))

/** Servers that live an hour ahead and an hour behind, and a scheduler an hour ahead, which sweeps the holds of all. */
export const clockSkew: Row = {
  name: "clock-skew",
  fault: "the clocks of two servers and a scheduler an hour wrong (faketime)",
  brief: false,
  nativeRedis: false,
  missing: () => library === undefined ? "libfaketime is not installed (apt-get install faketime)" : undefined,
  run: async ({ cluster, injected, network, note, problem }) => {
    const [ahead, behind, sweeper] = await Promise.all([
      cluster.launch("server", undefined, wrongClock("+1h")),
      cluster.launch("server", undefined, wrongClock("-1h")),
      cluster.launch("scheduler", undefined, wrongClock("+1h"))
    ])
    await Promise.all([ahead, behind, sweeper].map((berth) => berth.ready()))
    const before = cluster.servers.splice(0, cluster.servers.length, ahead, behind)
    cluster.schedulers.push(sweeper)
    injected(3)
    // Holds live for seconds now, in which a sweep by a wrong clock would take them for old ones.
    for (const { postgres } of cluster.servers) postgres.delayMillis = () => 700
    await pause(25_000)
    for (const { postgres } of cluster.servers) postgres.delayMillis = () => 0
    const [{ count }] = await cluster.query(Effect.flatMap(SqlClient.SqlClient, (sql) =>
      Effect.flatMap(
        sql`SELECT count(*)::int AS count FROM booking b JOIN run r ON r.id = b.run_id
          WHERE r.train_id IN ${sql.in(network.trainIds)}
            AND b.created_at NOT BETWEEN now() - interval '20 minutes' AND now() + interval '1 minute'`,
        decodeCount
      )))
    if (count > 0) problem(`${count} bookings carry the time of a wrong clock`)
    const answer = await fetch(`${ahead.url}/health`)
    note(`a server an hour ahead says that it is ${answer.headers.get("date") ?? "no time"}`)
    cluster.servers.splice(0, 2, ...before)
    cluster.schedulers.splice(cluster.schedulers.indexOf(sweeper), 1)
    await Promise.all([ahead, behind, sweeper].map((berth) => berth.stop()))
  }
}
