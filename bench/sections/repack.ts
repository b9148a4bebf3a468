import type { LegRange } from "@berth/domain/LegRange"
import { coachLayouts } from "@berth/domain/rules/CoachLayouts"
import { PgClient } from "@effect/sql-pg"
import { Array as Arr, Effect, Logger, ManagedRuntime, Redacted, Schema } from "effect"
import { createHash } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { SeededRandom } from "../../faults/SeededRandom.ts"
import { type Instance, startInstance } from "../Instance.ts"
import { JsonCaller } from "../JsonCall.ts"
import { cost, type Measurement, rate } from "../Measurement.ts"
import { demand, getIn, journeysOf } from "../SinglePassengers.ts"

const berths = 72
const legs = 20
const days = 2
const openMillisMax = 60_000

/** Trains of one sleeper coach's number of berths: of one type or as a coach has them, with passengers moved or not. */
const trains = [
  { id: "ONE", isMixed: false, repack: true },
  { id: "ONEFIX", isMixed: false, repack: false },
  { id: "MIX", isMixed: true, repack: true },
  { id: "MIXFIX", isMixed: true, repack: false }
] as const
type Train = typeof trains[number]

const poolsOf = ({ isMixed }: Train) =>
  Arr.map(isMixed ? ["LB", "MB", "UB", "SL", "SU"] as const : ["LB"] as const, (type) => ({
    type,
    count: isMixed
      ? coachLayouts.SL.bay.filter((other) => other === type).length * berths / coachLayouts.SL.bay.length
      : berths
  }))

const stop = (n: number): string => `R${String(n).padStart(2, "0")}`
const routeId = createHash("sha256").update("route of the repacking bench").digest("hex")

const addTrains = Effect.gen(function*() {
  const sql = yield* PgClient.PgClient
  const stops = Arr.range(0, legs)
  yield* sql`INSERT INTO station ${sql.insert(Arr.map(stops, (n) => ({ code: stop(n), name: stop(n) })))}`
  yield* sql`INSERT INTO route (id) VALUES (${routeId})`
  yield* sql`INSERT INTO route_stop ${
    sql.insert(Arr.map(stops, (n) => ({
      route_id: routeId,
      stop_index: n,
      station_code: stop(n),
      arrival_seconds: 36_000 + 1_800 * n,
      departure_seconds: 36_120 + 1_800 * n,
      metres: 50_000 * n
    })))
  }`
  for (const train of trains) {
    yield* sql`INSERT INTO train (id, name, train_type, time_zone, source, composition_derived, repack)
      VALUES (${train.id}, ${train.id}, 'Express', 'Asia/Kolkata', 'bench', true, ${train.repack})`
    yield* sql`INSERT INTO train_service (train_id, service_number, route_id, weekdays, first_date, last_date)
      VALUES (${train.id}, 0, ${routeId}, 127, DATE '2020-01-01', DATE '2100-01-01')`
    yield* sql`INSERT INTO train_seat_config ${
      sql.insert(Arr.map(poolsOf(train), ({ count, type }) => ({
        train_id: String(train.id),
        travel_class: "SL",
        quota: "GN",
        berth: type,
        seat_count: count
      })))
    }`
  }
  yield* sql`SELECT pg_notify('berth_timetable', '')`
})

const Day = Schema.Struct({ date: Schema.String, open: Schema.Boolean })

const daysOf = (train: Train) =>
  Effect.gen(function*() {
    const sql = yield* PgClient.PgClient
    const rows = yield* sql`SELECT to_char(date, 'YYYY-MM-DD') AS date, state = 'OPEN' AS open FROM run
      WHERE train_id = ${train.id} ORDER BY date OFFSET 5 LIMIT ${days}`
    return yield* Schema.decodeUnknownEffect(Schema.Array(Day))(rows)
  })

/** Passengers told another berth, and how often a run of the train was loaded. */
const Moved = Schema.Tuple([Schema.Struct({ moved: Schema.Int, loaded: Schema.Int })])

const movedOn = (train: Train) =>
  Effect.gen(function*() {
    const sql = yield* PgClient.PgClient
    const rows = yield* sql`SELECT (SELECT count(*)::int FROM passenger p JOIN booking b USING (pnr)
        JOIN run r ON r.id = b.run_id WHERE r.train_id = ${train.id} AND p.moved_from IS NOT NULL) AS moved,
      (SELECT sum(epoch - 1)::int FROM run WHERE train_id = ${train.id}) AS loaded`
    return (yield* Schema.decodeUnknownEffect(Moved)(rows))[0]
  })

/** Books for one passenger who would rather have nothing than wait. */
const book = (caller: JsonCaller, instance: Instance, trainId: string, date: string, { from, to }: LegRange) =>
  caller.send(`${instance.url}/api/bookings`, {
    token: instance.adminToken,
    body: {
      trainId,
      date,
      travelClass: "SL",
      quota: "GENERAL",
      from: stop(from),
      to: stop(to),
      conditions: { onlyIfConfirmed: true },
      passengers: [{ name: "Traveller", age: 30 }]
    }
  })

/** Sells a run, one call after another, so that who is let in can be told beforehand. */
const sell = async (
  caller: JsonCaller,
  instance: Instance,
  { date, journeys, train }: {
    readonly train: Train
    readonly date: string
    readonly journeys: ReadonlyArray<LegRange>
  }
) => {
  const best = getIn(journeys, { berths, legs })
  let [sold, bound, refusedInVain] = [0, 0, 0]
  let millisMax = 0
  for (const [n, journey] of journeys.entries()) {
    const { millis, status } = await book(caller, instance, train.id, date, journey)
    if (status !== 201 && status !== 409) throw new Error(`status ${status}`)
    const length = journey.to - journey.from
    sold += status === 201 ? length : 0
    bound += best[n] === true ? length : 0
    refusedInVain += status === 409 && best[n] === true ? 1 : 0
    millisMax = Math.max(millisMax, millis)
  }
  return { share: 100 * sold / bound, refusedInVain, millisMax }
}

const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0) / values.length

const measure = async (instance: Instance, caller: JsonCaller): Promise<ReadonlyArray<Measurement>> => {
  const runtime = ManagedRuntime.make(PgClient.layer({ url: Redacted.make(instance.databaseUrl), maxConnections: 1 }))
  const ask = <A, E>(work: Effect.Effect<A, E, PgClient.PgClient>) =>
    runtime.runPromise(Effect.provide(work, Logger.layer([])))
  try {
    await ask(addTrains)
    const until = performance.now() + openMillisMax
    const measured: Array<Measurement> = []
    for (const train of trains) {
      let dates = await ask(daysOf(train))
      while (dates.length < days || dates.some(({ open }) => !open)) {
        if (performance.now() > until) throw new Error("the runs were not opened in time")
        await setTimeout(50)
        dates = await ask(daysOf(train))
      }
      const sales = []
      for (const [n, { date }] of dates.entries()) {
        sales.push(
          await sell(caller, instance, { train, date, journeys: journeysOf(new SeededRandom(n), { berths, legs }) })
        )
      }
      const { loaded, moved } = await ask(movedOn(train))
      const what = `${train.isMixed ? "berths as in a coach" : "berths of one type"}, ${
        train.repack ? "passengers moved" : "nobody moved"
      }`
      const inVain = mean(sales.map(({ refusedInVain }) => refusedInVain))
      const slowest = Math.max(...sales.map(({ millisMax }) => millisMax))
      measured.push(
        rate(`sold ÷ without fragmentation, ${what}`, sales.map(({ share }) => share), "%", {
          ...train.repack && !train.isMixed ? { aim: 100, floor: 99 } : {},
          note: `${days} runs of ${berths} berths and ${legs} legs, demand ${demand} × supply; ${
            inVain.toFixed(1)
          } refused a run whom it seats; ${moved} passengers moved in ${loaded} loadings; slowest call ${
            slowest.toFixed(0)
          } ms`
        }),
        cost(
          `refused a run whom a train without fragmentation seats, ${what}`,
          sales.map(({ refusedInVain }) => refusedInVain),
          "passengers"
        )
      )
    }
    return measured
  } finally {
    await runtime.dispose()
  }
}

/** What of a train is sold where passengers who chose no berth are given another, beside a train where nobody is. */
export const repack = async (): Promise<ReadonlyArray<Measurement>> => {
  const folder = await mkdtemp(join(tmpdir(), "berth-bench-"))
  try {
    const instance = await startInstance(folder)
    const caller = new JsonCaller()
    try {
      return await measure(instance, caller)
    } finally {
      caller.close()
      await instance.stop()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
