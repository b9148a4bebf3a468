import { PersonName } from "@berth/domain/PersonName"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { RunEpochs } from "../../src/ledger/RunEpochs.ts"
import { Promoter } from "../../src/sale/Promoter.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { RepackSwitch } from "../../src/timetable/RepackSwitch.ts"
import { RunDirectory } from "../../src/timetable/RunDirectory.ts"
import { somebody } from "../Offices.ts"
import { engine } from "../TestEngine.ts"
import { book, cancel, free, seatsOf } from "./Sales.ts"
import { agrees, bookingOf, scattered, twoBerths } from "./ScatteredBerths.ts"

const choosing = { name: PersonName.make("Chooser"), age: 30, berth: "LB" } as const

layer(Audit.layer.pipe(Layer.provideMerge(engine)), { excludeTestServices: true, timeout: "60 seconds" })(
  "berths that are scattered",
  (it) => {
    it.effect("let in whoever finds each leg free, and whoever was moved is told", () =>
      Effect.gen(function*() {
        const { onFirst, onLast, run } = yield* scattered()
        const newcomer = yield* book(run)
        assert.strictEqual(newcomer.booking.status, "CONFIRMED")
        const after = yield* Effect.forEach([onFirst, onLast], bookingOf)
        const moved = after.filter(({ passengers: [passenger] }) => passenger?.movedFrom !== undefined)
        assert.strictEqual(moved.length, 1, "as few are moved as need be")
        for (const [index, booking] of after.entries()) {
          const [before] = seatsOf(index === 0 ? onFirst : onLast)
          const [passenger] = booking.passengers
          assert.strictEqual(passenger?.movedFrom ?? passenger?.seat, before)
          assert.strictEqual(passenger?.berth, "LB")
        }
        yield* agrees(run)
      }))

    it.effect("do not move whoever chose a berth", () =>
      Effect.gen(function*() {
        const { onFirst, onLast, run } = yield* scattered({ passengers: [choosing] })
        assert.strictEqual((yield* book(run)).booking.status, "WAITLISTED")
        const after = yield* Effect.forEach([onFirst, onLast], bookingOf)
        assert.deepStrictEqual(after.flatMap(seatsOf), [onFirst, onLast].flatMap(seatsOf))
        yield* agrees(run)
      }))

    it.effect("do not move whoever holds a berth and has not paid for it yet", () =>
      Effect.gen(function*() {
        const { run } = yield* scattered({ payment: "hold" })
        assert.strictEqual((yield* book(run)).booking.status, "WAITLISTED")
        yield* agrees(run)
      }))

    it.effect("stay as they are on a train whose operator wants it so", () =>
      Effect.gen(function*() {
        const { run } = yield* scattered()
        const { userId } = somebody("operator")
        const { set } = yield* RepackSwitch
        yield* set({ userId, trainId: run.trainId, repack: false })
        const { booking } = yield* book(run)
        assert.strictEqual(booking.status, "WAITLISTED")
        assert.strictEqual((yield* bookingOf(booking)).status, "WAITLISTED")
        yield* set({ userId, trainId: run.trainId, repack: true })
        yield* book(run)
        assert.strictEqual((yield* bookingOf(booking)).status, "CONFIRMED")
        yield* agrees(run)
      }))

    it.effect("are brought together for whoever waits, before any newcomer", () =>
      Effect.gen(function*() {
        const run = yield* twoBerths
        const [one, , other] = [
          yield* book(run, { legs: [0, 2] }),
          yield* book(run, { legs: [0, 1] }),
          yield* book(run, { legs: [1, 3] }),
          yield* book(run, { legs: [2, 3] })
        ]
        assert.strictEqual(yield* free(run, [0, 1]), 0)
        const waiting = yield* book(run)
        yield* cancel(one.booking.pnr)
        yield* cancel(other.booking.pnr)
        // What was given back is set aside, so that every leg is full for a newcomer until the promoter has passed.
        const newcomer = yield* book(run)
        assert.strictEqual(newcomer.booking.status, "WAITLISTED")
        while (!(yield* (yield* Promoter).promote(run.id)));
        assert.strictEqual((yield* bookingOf(waiting.booking)).status, "CONFIRMED")
        assert.strictEqual((yield* bookingOf(newcomer.booking)).status, "WAITLISTED")
        yield* agrees(run)
      }))

    it.effect("let in those who wait before the newcomer who finds them", () =>
      Effect.gen(function*() {
        const run = yield* twoBerths
        const sql = yield* SqlClient.SqlClient
        yield* sql`UPDATE train SET repack = false WHERE id = ${run.trainId}`
        yield* book(run, { legs: [0, 1] })
        const throughout = yield* book(run)
        const beyond = yield* book(run, { legs: [1, 3] })
        yield* cancel(throughout.booking.pnr)
        yield* book(run, { legs: [2, 3] })
        yield* cancel(beyond.booking.pnr)
        const waiting = yield* book(run)
        assert.strictEqual(waiting.booking.status, "WAITLISTED")
        // The operator has changed his mind, and a newcomer comes before the promoter.
        yield* sql`UPDATE train SET repack = true WHERE id = ${run.trainId}`
        yield* (yield* RunDirectory).forget(run)
        assert.strictEqual((yield* book(run)).booking.status, "WAITLISTED")
        assert.strictEqual((yield* bookingOf(waiting.booking)).status, "CONFIRMED")
        yield* agrees(run)
      }))

    it.effect("answer a repeated key as it was answered first", () =>
      Effect.gen(function*() {
        const { onFirst, onLast, run } = yield* scattered({ key: "moved-later" })
        yield* book(run)
        const again = yield* book(run, { legs: [0, 1], key: "moved-later" })
        const last = yield* book(run, { legs: [2, 3], key: "moved-later-last" })
        assert.deepStrictEqual([again.booking, last.booking], [onFirst, onLast])
      }))

    it.effect("can be cancelled where somebody was moved, and are free then", () =>
      Effect.gen(function*() {
        const { onFirst, onLast, run } = yield* scattered()
        yield* book(run)
        yield* cancel(onFirst.pnr)
        yield* cancel(onLast.pnr)
        assert.strictEqual(yield* free(run), 1)
        yield* agrees(run)
      }))

    it.effect("are loaded as they are in the record, where the server died between the stores", () =>
      Effect.gen(function*() {
        const { onFirst, run } = yield* scattered()
        const sql = yield* SqlClient.SqlClient
        const sold = yield* Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({
          sale: Schema.Int,
          from: Schema.Int,
          epoch: Schema.Int
        })]))(
          yield* sql`SELECT s.id::float8 AS sale, s.berth::float8 AS from, r.epoch::float8 AS epoch
            FROM sale s JOIN run r ON r.id = s.berth >> 16 WHERE s.pnr = ${onFirst.pnr}`
        )
        const [{ epoch, from, sale }] = sold
        const to = from % 8 === 0 ? from + 3 : from - 3
        const move = { runId: run.id, epoch, moves: [{ sale, from, to }] }
        const epochs = yield* RunEpochs
        assert.isTrue(Option.isSome(yield* epochs.beginRepack(move)))
        assert.isTrue(Option.isNone(yield* epochs.beginRepack(move)), "once, for the epoch has passed")
        assert.strictEqual((yield* book(run)).booking.status, "CONFIRMED")
        yield* agrees(run)
      }))

    it.effect("are not moved onto a berth that was sold since the plan", () =>
      Effect.gen(function*() {
        const run = yield* twoBerths
        const [one, other] = [yield* book(run), yield* book(run)]
        const sql = yield* SqlClient.SqlClient
        const rows = yield* Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({
          sale: Schema.Int,
          from: Schema.Int,
          epoch: Schema.Int
        })))(
          yield* sql`SELECT s.id::float8 AS sale, s.berth::float8 AS from, r.epoch::float8 AS epoch
            FROM sale s JOIN run r ON r.id = s.berth >> 16 WHERE s.pnr IN (${one.booking.pnr}, ${other.booking.pnr})`
        )
        const [first, second] = rows
        if (first === undefined || second === undefined) return assert.fail("not sold")
        const moved = yield* (yield* RunEpochs).beginRepack({
          runId: run.id,
          epoch: first.epoch,
          moves: [{ sale: first.sale, from: first.from, to: second.from }]
        })
        assert.isTrue(Option.isNone(moved))
        yield* agrees(run)
      }))
  }
)
