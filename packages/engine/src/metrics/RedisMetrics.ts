import type { Effect } from "effect"
import type { LuaScript } from "../inventory/LuaScript.ts"
import { traced } from "../telemetry/Traced.ts"
import { histogram, histograms, readCounter, readGauge, timed } from "./Series.ts"

const scriptSeconds = histograms(
  "berth_redis_script_seconds",
  "Time from a script's call to its answer, by script",
  ["script"]
)

/** Where a script is run, its time is recorded, and its span where the trace is kept. */
export const observedScripts = <Rest extends ReadonlyArray<unknown>, A, E>(
  run: (script: LuaScript, ...rest: Rest) => Effect.Effect<A, E>
) =>
(script: LuaScript, ...rest: Rest): Effect.Effect<A, E> =>
  traced(`redis ${script.name}`, {
    kind: "client",
    attributes: { "db.system.name": "redis", "db.operation.name": "EVALSHA", "db.stored_procedure.name": script.name }
  })(timed(scriptSeconds(script.name))(run(script, ...rest)))

/** Shows how many calls wait for Redis's answer, and how many connections were made. */
export const showRedis = (callsUnderWay: () => number, connections: () => number): void => {
  readGauge("berth_redis_calls_under_way", "Calls that wait for Redis's answer; refused from 5,000 up", callsUnderWay)
  readCounter(
    "berth_redis_connections_total",
    "Connections made to Redis since the start; every one above the first is a reconnect",
    connections
  )
}

/** Shows whether Redis tells what has changed of the runs that were looked at. */
export const showTracking = (stands: () => boolean): void =>
  readGauge(
    "berth_redis_tracking",
    "Whether Redis tells which runs have changed, 1, or those looked at are read again every 20 ms, 0",
    () => stands() ? 1 : 0
  )

/** Round trips of the clock's measurement, a probe every ten seconds. */
export const redisProbe = timed(histogram("berth_redis_probe_seconds", "A round trip to Redis, measured every 10 s"))
