import { PgClient } from "@effect/sql-pg"
import { Effect, Redacted } from "effect"
import { startInstance, withFolder } from "../Instance.ts"
import { cost, type Measurement } from "../Measurement.ts"

const edits = 30

/** From the commit of an edit of the seat configuration by SQL to the first answer that shows it. */
export const edit = async (): Promise<ReadonlyArray<Measurement>> =>
  withFolder(async (folder) => {
    const instance = await startInstance(folder)
    const date = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10)
    const availability = async () => (await fetch(`${instance.url}/api/trains/12345/availability?date=${date}`)).text()
    const program = Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const times: Array<number> = []
      for (let n = 0; n < edits; n++) {
        const before = yield* Effect.promise(availability)
        yield* sql`
          UPDATE train_seat_config SET seat_count = seat_count + ${n % 2 === 0 ? 1 : -1}
          WHERE train_id = '12345' AND travel_class = 'SL' AND quota = 'GN' AND berth = 'LB'`
        const startedAt = performance.now()
        while ((yield* Effect.promise(availability)) === before) {
          // Asked every 5 ms, so that the asking does not take the processor from what is measured.
          yield* Effect.sleep("5 millis")
        }
        times.push(performance.now() - startedAt)
      }
      return times.toSorted((left, right) => left - right)
    }).pipe(Effect.provide(PgClient.layer({ url: Redacted.make(instance.databaseUrl) })))
    try {
      const times = await Effect.runPromise(program)
      return [
        cost("edit by SQL to changed availability, median", times[Math.floor(edits / 2)] ?? 0, "ms"),
        cost("edit by SQL to changed availability, slowest", times.at(-1) ?? 0, "ms", {
          floor: 100,
          note: `of ${edits}`
        })
      ]
    } finally {
      await instance.stop()
    }
  })
