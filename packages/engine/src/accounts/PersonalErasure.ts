import { type Erasure, JourneysAhead, PersonNotFound } from "@berth/domain/PersonalData"
import { Pnr } from "@berth/domain/Pnr"
import { UserId } from "@berth/domain/UserId"
import { Effect, Schema } from "effect"
import { type SqlClient, SqlSchema } from "effect/sql"
import type { AuditTrail } from "../ledger/AuditTrail.ts"
import { fromStore } from "../ledger/LedgerError.ts"
import { Instant } from "./Instant.ts"

/** Stands where a name stood. */
export const erasedName = "Erased"

/**
 * Bookings whose names one transaction erases. The trigger that tells of changed passengers may compare each with each,
 * and a transaction has ten seconds.
 */
export const bookingsPerStepMax = 250

/** Bookings that a refusal names. */
const pnrsNamedMax = 20

/** A booking in the order of the list. */
const Place = Schema.Struct({ pnr: Pnr, bookedMicros: Schema.String })
/** Bookings before or from a place on, newest first. */
const Stretch = Schema.Struct({ userId: UserId, place: Schema.NullOr(Place) })
const Pnrs = Schema.fromJsonString(Schema.Array(Pnr))

/** As a statement has it. */
type Encoded = (typeof Place)["Encoded"]

const makeReads = (sql: SqlClient.SqlClient) => {
  const columns = sql`pnr, (extract(epoch FROM created_at) * 1000000)::bigint::text AS "bookedMicros"`
  const at = (place: Encoded | null) =>
    sql`'epoch'::timestamptz + ${place?.bookedMicros ?? null}::text::bigint * interval '1 microsecond'`
  return {
    before: SqlSchema.findAll({
      Request: Stretch,
      Result: Place,
      execute: ({ place, userId }) =>
        sql`SELECT ${columns} FROM booking
          WHERE user_id = ${userId} AND (created_at, pnr) < (coalesce(${at(place)}, 'infinity'), ${place?.pnr ?? ""})
          ORDER BY created_at DESC, pnr DESC LIMIT ${bookingsPerStepMax}`
    }),
    from: SqlSchema.findAll({
      Request: Stretch,
      Result: Place,
      execute: ({ place, userId }) =>
        sql`SELECT ${columns} FROM booking
          WHERE user_id = ${userId} AND (created_at, pnr) >= (coalesce(${at(place)}, '-infinity'), ${place?.pnr ?? ""})`
    }),
    ahead: SqlSchema.findAll({
      Request: Pnrs,
      Result: Schema.Struct({ pnr: Pnr }),
      execute: (pnrs) =>
        sql`
          SELECT b.pnr FROM booking b
          JOIN run r ON r.id = b.run_id JOIN train t ON t.id = r.train_id
          JOIN route_stop s ON s.route_id = r.route_id AND s.stop_index = b.to_stop
          WHERE b.pnr = ANY (ARRAY(SELECT jsonb_array_elements_text(${pnrs}::text::jsonb))) AND b.state <> 'CANCELLED'
            AND (r.date::timestamp + make_interval(secs => s.arrival_seconds)) AT TIME ZONE t.time_zone > berth_now()
          ORDER BY b.run_id, b.pnr LIMIT ${pnrsNamedMax}`
    })
  }
}

const makeWrites = (sql: SqlClient.SqlClient) => ({
  /** Before the address is gone, by which alone they are found. */
  endMailCodes: SqlSchema.void({
    Request: Schema.String,
    execute: (userId) => sql`DELETE FROM mail_code m USING account a WHERE a.user_id = ${userId} AND m.email = a.email`
  }),
  /** Closes the account; one is made for whoever staff booked for without one, so that the id is taken. */
  close: SqlSchema.findAll({
    Request: Schema.String,
    Result: Schema.Struct({ erasedAt: Instant }),
    execute: (userId) =>
      sql`INSERT INTO account AS a (user_id, role, erased_at)
        SELECT ${userId}, 'passenger', berth_now()
        WHERE EXISTS (SELECT FROM account WHERE user_id = ${userId})
          OR EXISTS (SELECT FROM booking WHERE user_id = ${userId})
        ON CONFLICT (user_id) DO UPDATE SET role = 'passenger', email = NULL, password_hash = NULL,
          erased_at = coalesce(a.erased_at, berth_now())
        RETURNING erased_at AS "erasedAt"`
  }),
  names: SqlSchema.findAll({
    Request: Pnrs,
    Result: Schema.Struct({ passengers: Schema.Int }),
    execute: (pnrs) =>
      sql`
        WITH named AS (
          UPDATE passenger SET name = ${erasedName}
          WHERE pnr = ANY (ARRAY(SELECT jsonb_array_elements_text(${pnrs}::text::jsonb))) AND name <> ${erasedName}
          RETURNING 1
        )
        SELECT count(*)::int AS passengers FROM named`
  }),
  endSessions: SqlSchema.findAll({
    Request: Schema.String,
    Result: Schema.Struct({ sessions: Schema.Int }),
    execute: (userId) =>
      sql`
        WITH ended AS (
          DELETE FROM session WHERE user_id = ${userId} RETURNING 1
        ), factors AS (
          DELETE FROM totp WHERE user_id = ${userId}
        )
        SELECT count(*)::int AS sessions FROM ended`
  })
})

export const nothingHeldOn = (userId: UserId) =>
  new PersonNotFound({ userId, detail: `Nothing is held on ${userId}. Look for the person by another id.` })

const pnrsOf = (places: ReadonlyArray<{ readonly pnr: Pnr }>) => places.map(({ pnr }) => pnr)

const makeSteps = (sql: SqlClient.SqlClient) => {
  const reads = makeReads(sql)
  const writes = makeWrites(sql)

  const refuseAhead = Effect.fnUntraced(function*(places: ReadonlyArray<typeof Place.Type>) {
    const pnrs = pnrsOf(yield* reads.ahead(pnrsOf(places)))
    if (pnrs.length > 0) {
      return yield* new JourneysAhead({
        pnrs,
        detail: `Journeys are ahead: cancel ${pnrs.join(", ")} first, or ask again when the trains have arrived.`
      })
    }
  })
  const eraseNames = (places: ReadonlyArray<typeof Place.Type>) =>
    Effect.map(writes.names(pnrsOf(places)), (rows) => rows[0]?.passengers ?? 0)

  /** Does something with all bookings before a place, a step at a time. */
  const walk = Effect.fnUntraced(function*<E>(
    stretch: typeof Stretch.Type,
    step: (places: ReadonlyArray<typeof Place.Type>) => Effect.Effect<number | void, E>
  ) {
    let sum = 0
    let place = stretch.place
    while (true) {
      const places = yield* reads.before({ userId: stretch.userId, place })
      place = places.at(-1) ?? null
      if (place === null) {
        return sum
      }
      sum += (yield* step(places)) ?? 0
    }
  })
  return { ...reads, ...writes, refuseAhead, eraseNames, walk }
}

/**
 * Erases a person. The names on the latest bookings go with the account, in one transaction; those of somebody who has
 * more than it has time for go before that, so that whoever was interrupted is still known and can ask again.
 */
export const makeErasure = (sql: SqlClient.SqlClient, trail: AuditTrail["Service"]) => {
  const steps = makeSteps(sql)
  return Effect.fn("PersonalRecords.erase")(
    function*({ caller, userId }: { readonly caller: UserId; readonly userId: UserId }) {
      const latest = yield* steps.before({ userId, place: null })
      const place = latest.length < bookingsPerStepMax ? null : latest.at(-1) ?? null
      let earlier = 0
      if (place !== null) {
        yield* steps.walk({ userId, place: null }, steps.refuseAhead)
        yield* trail.note({ userId: caller, action: "erase personal data", subject: userId, details: { begun: true } })
        earlier = yield* steps.walk({ userId, place }, steps.eraseNames)
      }
      return yield* sql.withTransaction(Effect.gen(function*() {
        yield* steps.endMailCodes(userId)
        const [closed] = yield* steps.close(userId)
        if (closed === undefined) {
          return yield* nothingHeldOn(userId)
        }
        const places = yield* steps.from({ userId, place })
        yield* steps.refuseAhead(places)
        const [ended] = yield* steps.endSessions(userId)
        const counts = {
          passengers: earlier + (yield* steps.eraseNames(places)),
          sessions: ended?.sessions ?? 0
        }
        yield* trail.note({ userId: caller, action: "erase personal data", subject: userId, details: counts })
        const erasure: Erasure = { userId, erasedAt: closed.erasedAt, ...counts }
        return erasure
      }))
    },
    fromStore
  )
}
