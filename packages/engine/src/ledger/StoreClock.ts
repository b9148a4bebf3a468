import { JourneyDate } from "@berth/domain/JourneyDate"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Clock, Context, DateTime, Effect, Layer, Schedule, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { postgresProbe } from "../metrics/PostgresMetrics.ts"
import { fromStore } from "./LedgerError.ts"

/** How often the distance between PostgreSQL's clock and this process's is measured. */
const measureEvery = "10 seconds"

/**
 * Business time: PostgreSQL's clock, moved by the shift that tests and simulations may set. Between measurements the
 * process's monotonic clock carries it on, so that asking costs nothing and a wrong wall clock does no harm.
 */
export class StoreClock extends Context.Service<StoreClock, {
  readonly now: Effect.Effect<DateTime.Utc>
  /** The same at once, Unix ms. */
  nowMillisUnsafe(): number
  /** The day it is in a time zone. */
  today(timeZone: string): Effect.Effect<JourneyDate>
  /** Measures at once, after the shift was moved. */
  readonly refresh: Effect.Effect<void, StoreUnavailable>
}>()("@berth/engine/ledger/StoreClock") {
  static readonly layer = Layer.effect(
    StoreClock,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const clock = yield* Clock.Clock
      const monotonicMillis = () => Number(clock.currentTimeNanosUnsafe()) / 1e6
      const readNow = SqlSchema.findOne({
        Request: Schema.Void,
        Result: Schema.Struct({ millis: Schema.Finite }),
        execute: () => sql`SELECT extract(epoch FROM berth_now())::float8 * 1000 AS millis`
      })
      // Half of the way there and back is taken as the age of the answer.
      const measure = Effect.gen(function*() {
        const before = monotonicMillis()
        const { millis } = yield* postgresProbe(readNow(undefined))
        return millis - (before + monotonicMillis()) / 2
      }).pipe(Effect.catchTag("NoSuchElementError", Effect.die), fromStore)

      let distance = yield* measure
      const refresh = Effect.map(measure, (millis) => {
        distance = millis
      })
      yield* refresh.pipe(
        // The last measurement still holds while PostgreSQL is away.
        Effect.catchTag("StoreUnavailable", () => Effect.void),
        Effect.repeat(Schedule.spaced(measureEvery)),
        Effect.forkScoped
      )

      const nowMillisUnsafe = () => Math.floor(monotonicMillis() + distance)
      const now = Effect.sync(() => DateTime.makeUnsafe(nowMillisUnsafe()))
      const today = (timeZone: string) =>
        Effect.map(
          now,
          (instant) => JourneyDate.make(DateTime.formatIsoDate(DateTime.makeZonedUnsafe(instant, { timeZone })))
        )
      return StoreClock.of({ now, nowMillisUnsafe, today, refresh })
    })
  )
}
