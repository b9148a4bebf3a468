import type { Booking } from "@berth/domain/Booking"
import { bestStatus } from "@berth/domain/Booking"
import { berthAt } from "@berth/domain/CoachLayout"
import { JourneyDate } from "@berth/domain/JourneyDate"
import { ofPaise } from "@berth/domain/Money"
import type { WaitlistKind } from "@berth/domain/Passenger"
import { Age, Gender } from "@berth/domain/Passenger"
import { PersonName } from "@berth/domain/PersonName"
import { Pnr } from "@berth/domain/Pnr"
import { Quota } from "@berth/domain/Quota"
import { coachLayouts } from "@berth/domain/rules/CoachLayouts"
import { slotOf } from "@berth/domain/RunId"
import { StationCode } from "@berth/domain/StationCode"
import { TrainId } from "@berth/domain/TrainId"
import { TravelClass } from "@berth/domain/TravelClass"
import { UserId } from "@berth/domain/UserId"
import { DateTime, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { aheadOfEntry } from "./WaitlistPlaces.ts"

/** A booking as one row, its passengers as JSON. */
export const BookingRow = Schema.Struct({
  pnr: Pnr,
  trainId: TrainId,
  date: JourneyDate,
  from: StationCode,
  to: StationCode,
  travelClass: TravelClass,
  quota: Quota,
  userId: UserId,
  bookedAt: Schema.DateTimeUtcFromDate,
  /** The same, microseconds since 1970: the bookings of a commit share an instant, and pages must not. */
  bookedMicros: Schema.String,
  /** Of one that was made to be paid later. */
  hold: Schema.NullOr(Schema.Struct({
    state: Schema.Literals(["held", "confirmed", "released", "expired"]),
    expiresAtMillis: Schema.Int,
    amountPaise: Schema.Int
  })),
  passengers: Schema.Array(Schema.Struct({
    number: Schema.Int,
    name: PersonName,
    age: Age,
    gender: Schema.NullOr(Gender),
    state: Schema.Literals(["CONFIRMED", "WAITLISTED", "CANCELLED"]),
    berth: Schema.NullOr(Schema.Int),
    /** The berth given first, of whoever was given another since. */
    movedFrom: Schema.NullOr(Schema.Int),
    waitlistNumber: Schema.NullOr(Schema.Int),
    /** Waiting passengers of the kind up to and with this one. */
    waitlistNow: Schema.NullOr(Schema.Int)
  }))
})
export type BookingRow = typeof BookingRow.Type

/** Waitlists of other quotas come with their rules; until then whoever waits, waits in the general one. */
export const waitlistKind: WaitlistKind = "GNWL"

/**
 * The rows that a condition on `b`, a booking, selects. They are found before anything is joined: in a young database, where
 * a booking is thought to have hundreds of passengers, reading the whole table costs next to nothing beside those, and was
 * measured to be done for each PNR.
 */
export const selectBookings = (sql: SqlClient.SqlClient, condition: ReturnType<SqlClient.SqlClient["literal"]>) =>
  sql`
    WITH found AS MATERIALIZED (SELECT b.* FROM booking b WHERE ${condition})
    SELECT b.pnr, r.train_id AS "trainId", to_char(r.date, 'YYYY-MM-DD') AS date,
      origin.station_code AS "from", destination.station_code AS "to",
      b.travel_class AS "travelClass", b.quota, b.user_id AS "userId", b.created_at AS "bookedAt",
      (extract(epoch FROM b.created_at) * 1000000)::bigint::text AS "bookedMicros", p.passengers,
      (SELECT jsonb_build_object('state', h.state,
          'expiresAtMillis', floor(extract(epoch FROM h.expires_at) * 1000),
          'amountPaise', (SELECT sum(f) FROM unnest(h.fares_paise) f))
        FROM booking_hold h WHERE h.pnr = b.pnr) AS hold
    FROM found b
    JOIN run r ON r.id = b.run_id
    JOIN route_stop origin ON origin.route_id = r.route_id AND origin.stop_index = b.from_stop
    JOIN route_stop destination ON destination.route_id = r.route_id AND destination.stop_index = b.to_stop
    CROSS JOIN LATERAL (
      SELECT jsonb_agg(jsonb_build_object(
        'number', x.number, 'name', x.name, 'age', x.age, 'gender', x.gender, 'state', x.state, 'berth', x.berth, 'movedFrom', x.moved_from,
        'waitlistNumber', x.waitlist_number,
        'waitlistNow', CASE WHEN x.state = 'WAITLISTED' THEN (
          SELECT ${aheadOfEntry(sql)} + (
            SELECT count(*) FROM passenger y WHERE y.pnr = x.pnr AND y.state = 'WAITLISTED' AND y.number <= x.number)
          FROM waitlist_entry w WHERE w.pnr = x.pnr) END
      ) ORDER BY x.number) AS passengers
      FROM passenger x WHERE x.pnr = b.pnr
    ) p
    ORDER BY b.created_at DESC, b.pnr DESC`

const toPassenger = (travelClass: TravelClass, row: BookingRow["passengers"][number], asBooked: boolean) => {
  const waited = row.waitlistNumber !== null
  const status = asBooked ? (waited ? "WAITLISTED" : "CONFIRMED") : row.state
  const placeOf = (berth: number | null) =>
    berth === null ? undefined : berthAt(coachLayouts[travelClass], slotOf(berth))
  const place = placeOf(!asBooked ? row.berth : waited ? null : row.movedFrom ?? row.berth)
  const movedFrom = asBooked ? undefined : placeOf(row.movedFrom)
  return {
    number: row.number,
    name: row.name,
    age: row.age,
    ...(row.gender === null ? {} : { gender: row.gender }),
    status,
    ...(place === undefined ? {} : { coach: place.coach, seat: place.name, berth: place.berthType }),
    ...(movedFrom === undefined ? {} : { movedFrom: movedFrom.name }),
    ...(status === "WAITLISTED" && row.waitlistNumber !== null
      ? {
        waitlist: {
          kind: waitlistKind,
          atBooking: row.waitlistNumber,
          now: row.waitlistNow ?? row.waitlistNumber
        }
      }
      : {})
  }
}

/** What a booking says while it is to be paid. */
const toHeld = (hold: BookingRow["hold"], view: "now" | "asBooked") =>
  hold !== null && (view === "asBooked" || hold.state === "held")
    ? {
      status: "HELD" as const,
      expiresAt: DateTime.formatIso(DateTime.makeUnsafe(hold.expiresAtMillis)),
      amountDue: ofPaise(hold.amountPaise)
    }
    : {}

/** The booking as it stands, or, for the repeat of a call, as it was made. */
export const toBooking = (row: BookingRow, view: "now" | "asBooked"): Booking => {
  const passengers = row.passengers.map((passenger) => toPassenger(row.travelClass, passenger, view === "asBooked"))
  return {
    pnr: row.pnr,
    status: bestStatus(passengers.map(({ status }) => status)),
    trainId: row.trainId,
    date: row.date,
    from: row.from,
    to: row.to,
    travelClass: row.travelClass,
    quota: row.quota,
    userId: row.userId,
    bookedAt: DateTime.formatIso(row.bookedAt),
    ...toHeld(row.hold, view),
    passengers
  }
}
