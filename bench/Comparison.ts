import { Audit } from "@berth/engine/seeding/Audit"
import { Effect, Schema } from "effect"
import type { Database } from "./Database.ts"
import type { openEngine } from "./EngineStand.ts"
import { cost, type Measurement } from "./Measurement.ts"

/** As the reconciler takes them. */
const untouchedPerLook = 150
const bookedPerLook = 5
const bookedMax = 500

/** The scheduler tries again too, where a store does not answer for a while. */
const again = { times: 10 }

const OpenRun = Schema.Struct({ id: Schema.Finite, booked: Schema.Boolean })

const chunks = (ids: ReadonlyArray<number>, size: number) =>
  Array.from({ length: Math.ceil(ids.length / size) }, (_, n) => ids.slice(n * size, (n + 1) * size))

/** Each chunk's time for a run, ms, and this process's processor time for a run over all of them, µs. */
const timed = async (
  ids: ReadonlyArray<number>,
  size: number,
  look: (ids: ReadonlyArray<number>) => Promise<unknown>
) => {
  const before = process.cpuUsage()
  const millis: Array<number> = []
  for (const chunk of chunks(ids, size)) {
    const startedAt = performance.now()
    await look(chunk)
    millis.push((performance.now() - startedAt) / chunk.length)
  }
  const { system, user } = process.cpuUsage(before)
  return { millis, micros: Math.round((system + user) / ids.length) }
}

/** What the reconciler takes to compare runs with the record, all that nobody has booked and some that somebody has. */
export const comparison = async (
  database: Database,
  engine: ReturnType<typeof openEngine>
): Promise<ReadonlyArray<Measurement>> => {
  const runs = await database.rows(
    OpenRun,
    `SELECT r.id::float8 AS id, EXISTS (SELECT FROM booking b WHERE b.run_id = r.id) AS booked
    FROM run r WHERE state = 'OPEN' ORDER BY r.id`
  )
  const untouched = runs.filter(({ booked }) => !booked).map(({ id }) => id)
  const booked = runs.filter((run) => run.booked).map(({ id }) => id)
  const astray: Array<number> = []
  const quick = await timed(untouched, untouchedPerLook, async (ids) => {
    astray.push(...await engine.run(Effect.retry(Effect.flatMap(Audit, ({ notAsLoaded }) => notAsLoaded(ids)), again)))
  })
  let differences = 0
  const whole = await timed(booked.slice(0, bookedMax), bookedPerLook, async (ids) => {
    const report = await engine.run(Effect.retry(Effect.flatMap(Audit, ({ auditRuns }) => auditRuns(ids)), again))
    differences += report.differences.length
  })
  const all = untouched.length * quick.millis.reduce((sum, one) => sum + one, 0) / Math.max(1, quick.millis.length) /
    1000
  return [
    cost("comparing a run that nobody has booked", quick.millis, "ms", {
      note:
        `${untouched.length} runs, ${untouchedPerLook} at a time: ${
          all.toFixed(1)
        } s without a pause; ${quick.micros} µs ` +
        `of the scheduler's processor time each; ${astray.length} were not as loaded`
    }),
    cost("comparing a run that somebody has, berth by berth", whole.millis, "ms", {
      note:
        `${
          Math.min(bookedMax, booked.length)
        } of ${booked.length}, ${bookedPerLook} at a time; ${whole.micros} µs of the ` +
        `scheduler's processor time each; ${differences} differences`
    })
  ]
}
