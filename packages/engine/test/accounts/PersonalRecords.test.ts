import type { Booking } from "@berth/domain/Booking"
import { PersonName } from "@berth/domain/PersonName"
import type { UserId } from "@berth/domain/UserId"
import { assert, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { exportedBookingsMax } from "../../src/accounts/ExportedBookings.ts"
import { bookingsPerStepMax, erasedName } from "../../src/accounts/PersonalErasure.ts"
import { PersonalRecords } from "../../src/accounts/PersonalRecords.ts"
import { Bookings } from "../../src/ledger/Bookings.ts"
import { Cancel } from "../../src/sale/Cancel.ts"
import { somebody, trailOn } from "../Offices.ts"
import { admin, book } from "../sale/Sales.ts"
import { engine, openTrain, sleepers } from "../TestEngine.ts"

const exportOf = (userId: UserId, cursor?: string) =>
  Effect.flatMap(PersonalRecords, (people) => people.export({ caller: userId, userId, cursor }))
const erase = (userId: UserId) => Effect.flatMap(PersonalRecords, (people) => people.erase({ caller: userId, userId }))

const marked = "Marked Name"

/** Somebody who is signed in and has a booking of two. */
const traveller = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const person = somebody()
  yield* sql`INSERT INTO account (user_id, role) VALUES (${person.userId}, 'passenger')`
  yield* sql`INSERT INTO session (token_hash, user_id, expires_at)
    VALUES (sha256(${person.userId}::text::bytea), ${person.userId}, berth_now() + interval '1 day')`
  const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 8 }) })
  const passengers = [{ name: PersonName.make(marked), age: 41 }, {
    name: PersonName.make(`${marked} junior`),
    age: 9
  }] as const
  const { booking } = yield* book(run, { caller: person, passengers, key: "once" })
  return { person, run, booking }
})

/** Lets the train of a booking have arrived, long ago. */
const letArrive = Effect.fnUntraced(function*({ date, trainId }: Booking) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    UPDATE booking SET run_id = run_id - 30 * 4194304 WHERE run_id = (
      SELECT id FROM run WHERE train_id = ${trainId} AND date = ${date}::text::date)`
  yield* sql`
    UPDATE run SET id = id - 30 * 4194304, date = date - 30 WHERE train_id = ${trainId} AND date = ${date}::text::date`
})

/**
 * Cancelled bookings like another, each with a payment, a refund and a key, made after it: two share each instant, as the
 * bookings of a commit do.
 */
const repeatCancelled = Effect.fnUntraced(function*({ pnr }: Booking, times: number) {
  const sql = yield* SqlClient.SqlClient
  const copies = sql`(
    SELECT ((b.pnr::bigint / 10000 * 10000 + i) % 9000000000 + 1000000000)::text AS pnr, i,
      b.created_at + i / 2 * interval '1 microsecond' AS at, b.pnr AS model
    FROM booking b, generate_series(2, ${times + 1}) i WHERE b.pnr = ${pnr})`
  yield* sql`
    INSERT INTO booking SELECT (jsonb_populate_record(b, jsonb_build_object(
      'pnr', c.pnr, 'state', 'CANCELLED', 'created_at', c.at))).*
    FROM ${copies} c JOIN booking b ON b.pnr = c.model`
  yield* sql`
    INSERT INTO passenger SELECT (jsonb_populate_record(p, jsonb_build_object('pnr', c.pnr, 'state', 'CANCELLED'))).*
    FROM ${copies} c JOIN passenger p ON p.pnr = c.model`
  yield* sql`
    INSERT INTO idempotency_key SELECT (jsonb_populate_record(k, jsonb_build_object(
      'key_hash', md5(c.pnr), 'pnr', c.pnr, 'created_at', c.at))).*
    FROM ${copies} c JOIN idempotency_key k ON k.pnr = c.model`
  yield* sql`INSERT INTO payment (pnr, amount_paise, state) SELECT c.pnr, 100, 'captured' FROM ${copies} c`
  yield* sql`
    INSERT INTO refund (pnr, passenger, amount_paise, payment_id)
    SELECT c.pnr, 1, 50, y.id FROM ${copies} c JOIN payment y ON y.pnr = c.pnr`
})

const pagesOf = Effect.fnUntraced(function*(userId: UserId) {
  const pages = [yield* exportOf(userId)]
  for (let cursor = pages[0]?.nextCursor; cursor !== undefined; cursor = pages.at(-1)?.nextCursor) {
    pages.push(yield* exportOf(userId, cursor))
  }
  return pages
})

const namesLeft = Effect.fnUntraced(function*(userId: UserId) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`
    SELECT count(*)::int AS left FROM passenger p JOIN booking b USING (pnr)
    WHERE b.user_id = ${userId} AND p.name <> ${erasedName}`
  return rows[0]?.["left"]
})

const decodeFound = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ table: Schema.String })))

/** Tables that hold a text anywhere. */
const tablesWith = Effect.fnUntraced(function*(text: string) {
  const sql = yield* SqlClient.SqlClient
  return (yield* decodeFound(
    yield* sql`
      SELECT c.table_name AS "table" FROM information_schema.tables c
      WHERE c.table_schema = 'public' AND c.table_type = 'BASE TABLE' AND (
        xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I t WHERE strpos(t::text, %L) > 0',
          c.table_name, ${text}::text), false, true, '')))[1]::text::int > 0`
  )).map(({ table }) => table)
})

layer(engine, { excludeTestServices: true, timeout: "60 seconds" })("what is held on a person", (it) => {
  it.effect("is handed over in full, and that it was is noted", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { booking, person: { userId } } = yield* traveller
      const other = yield* traveller
      yield* (yield* Cancel).cancel({ caller: admin, pnr: booking.pnr, passengers: [2] })
      yield* sql`INSERT INTO payment (pnr, amount_paise, state) VALUES (${booking.pnr}, 12000, 'captured')`
      yield* sql`INSERT INTO refund (pnr, passenger, amount_paise, payment_id)
        SELECT pnr, 2, 6000, id FROM payment WHERE pnr = ${booking.pnr}`
      const data = yield* exportOf(userId)
      assert.deepInclude(data.account, { role: "passenger", erasedAt: null })
      assert.lengthOf(data.sessions, 1)
      assert.deepEqual(
        data.bookings.map(({ passengers, pnr }) => [pnr, passengers.map(({ age, name }) => [name, age])]),
        [
          [booking.pnr, [[marked, 41], [`${marked} junior`, 9]]]
        ]
      )
      assert.deepEqual(data.payments.map(({ amount, pnr }) => [pnr, amount.amount]), [[booking.pnr, 12_000]])
      assert.deepEqual(data.refunds.map(({ amount, passenger }) => [passenger, amount.amount]), [[2, 6000]])
      assert.deepEqual(data.keys.map(({ pnr }) => pnr), [booking.pnr])
      assert.deepEqual(data.audit.map(({ action, byStaff }) => [action, byStaff]), [["cancel for another", true]])
      assert.notInclude(JSON.stringify(data), other.booking.pnr)
      assert.deepEqual((yield* trailOn(userId)).map(({ action }) => action), ["export personal data"])
    }))

  it.effect("is handed over a page at a time where it is much: every booking once, with what belongs to it", () =>
    Effect.gen(function*() {
      const { booking, person: { userId } } = yield* traveller
      yield* repeatCancelled(booking, 2 * exportedBookingsMax)
      yield* (yield* Cancel).cancel({ caller: admin, pnr: booking.pnr, passengers: [2] })
      const pages = yield* pagesOf(userId)
      assert.deepEqual(pages.map(({ bookings }) => bookings.length), [exportedBookingsMax, exportedBookingsMax, 1])
      const all = pages.flatMap(({ bookings }) => bookings.map(({ pnr }) => pnr))
      assert.strictEqual(new Set(all).size, 2 * exportedBookingsMax + 1)
      assert.strictEqual(all.at(-1), booking.pnr)
      for (const { bookings, keys, payments, refunds } of pages) {
        const copies = bookings.map(({ pnr }) => pnr).filter((pnr) => pnr !== booking.pnr).toSorted()
        assert.deepEqual(payments.map(({ pnr }) => pnr).toSorted(), copies)
        assert.deepEqual(refunds.map(({ pnr }) => pnr).toSorted(), copies)
        assert.deepEqual(keys.map(({ pnr }) => pnr).toSorted(), bookings.map(({ pnr }) => pnr).toSorted())
      }
      assert.deepEqual(pages.map(({ account }) => account?.role), ["passenger", "passenger", "passenger"])
      assert.deepEqual(pages.map(({ sessions }) => sessions.length), [1, 0, 0])
      // Noted a page at a time: what the person did comes with the first, what staff did with the booking's page.
      assert.deepEqual(pages.map(({ audit }) => audit.map(({ action }) => action)), [[], [], ["cancel for another"]])
      assert.deepEqual((yield* trailOn(userId)).map(({ details }) => details), [
        { bookings: exportedBookingsMax },
        { bookings: exportedBookingsMax, after: pages[0]?.nextCursor ?? "" },
        { bookings: 1, after: pages[1]?.nextCursor ?? "" }
      ])
    }))

  it.effect("is not made up for somebody of whom nothing is held", () =>
    Effect.gen(function*() {
      const { userId } = somebody()
      assert.strictEqual((yield* Effect.flip(exportOf(userId)))._tag, "PersonNotFound")
      assert.strictEqual((yield* Effect.flip(erase(userId)))._tag, "PersonNotFound")
      assert.isEmpty(yield* trailOn(userId))
    }))

  it.effect("is not erased while somebody has to travel, and then nothing is", () =>
    Effect.gen(function*() {
      const { booking, person } = yield* traveller
      const refused = yield* Effect.flip(erase(person.userId))
      assert.deepInclude({ ...refused }, { _tag: "JourneysAhead", pnrs: [booking.pnr] })
      const data = yield* exportOf(person.userId)
      assert.deepInclude(data.account, { erasedAt: null })
      assert.lengthOf(data.sessions, 1)
      assert.strictEqual(data.bookings[0]?.passengers[0]?.name, marked)
      yield* (yield* Cancel).cancel({ caller: person, pnr: booking.pnr, passengers: undefined })
      assert.deepInclude(yield* erase(person.userId), { passengers: 2 })
    }))

  it.effect("is erased a step at a time where it is much, and not begun while the oldest journey is ahead", () =>
    Effect.gen(function*() {
      const { booking, person: { userId } } = yield* traveller
      yield* repeatCancelled(booking, bookingsPerStepMax + 1)
      const passengers = 2 * (bookingsPerStepMax + 2)
      assert.deepInclude({ ...(yield* Effect.flip(erase(userId))) }, { _tag: "JourneysAhead", pnrs: [booking.pnr] })
      assert.strictEqual(yield* namesLeft(userId), passengers)
      assert.isEmpty(yield* trailOn(userId))
      yield* letArrive(booking)
      assert.deepInclude(yield* erase(userId), { passengers, sessions: 1 })
      assert.strictEqual(yield* namesLeft(userId), 0)
      assert.deepEqual((yield* trailOn(userId)).map(({ details }) => details), [
        { begun: true },
        { passengers, sessions: 1 }
      ])
    }))

  it.effect("is erased when the trains have arrived: no name is left anywhere, and what was sold stays", () =>
    Effect.gen(function*() {
      const { booking, person: { userId } } = yield* traveller
      yield* letArrive(booking)
      const name = `Nobody ${userId}`
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE passenger SET name = ${name} WHERE pnr = ${booking.pnr}`
      assert.deepEqual(yield* tablesWith(name), ["passenger"])
      assert.deepInclude(yield* erase(userId), { userId, passengers: 2, sessions: 1 })
      assert.deepEqual(yield* tablesWith(name), [])
      const [kept] = (yield* (yield* Bookings).page({ userId, cursor: undefined })).bookings
      assert.deepInclude(kept, { pnr: booking.pnr, status: "CONFIRMED" })
      assert.deepEqual(kept?.passengers.map(({ age, name: left, seat }) => [left, age, seat]), [
        [erasedName, 41, booking.passengers[0]?.seat],
        [erasedName, 9, booking.passengers[1]?.seat]
      ])
      const data = yield* exportOf(userId)
      assert.isString(data.account?.erasedAt)
      assert.isEmpty(data.sessions)
      assert.deepEqual(yield* erase(userId), {
        userId,
        erasedAt: data.account?.erasedAt ?? "",
        passengers: 0,
        sessions: 0
      })
    }))
})
