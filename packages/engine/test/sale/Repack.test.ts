import type { Booking } from "@berth/domain/Booking"
import { PersonName } from "@berth/domain/PersonName"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Option, Result, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { Bookings } from "../../src/ledger/Bookings.ts"
import { RunEpochs } from "../../src/ledger/RunEpochs.ts"
import { Promoter } from "../../src/sale/Promoter.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { RepackSwitch } from "../../src/timetable/RepackSwitch.ts"
import { RunDirectory } from "../../src/timetable/RunDirectory.ts"
import { somebody } from "../Offices.ts"
import { engine, openTrain, sleepers, type TestRun } from "../TestEngine.ts"
import { type Asked, book, cancel, free, seatsOf } from "./Sales.ts"

const legs = 4

const agrees = Effect.fnUntraced(function*(run: TestRun) {
  // Loads it where Redis was emptied since.
  yield* free(run)
  assert.deepStrictEqual((yield* (yield* Audit).auditRuns([run.id])).differences, [])
})

const bookingOf = Effect.fnUntraced(function*({ pnr }: Booking) {
  return Option.getOrThrow(yield* (yield* Bookings).find({ pnr, forUser: null }))
})

const upper = { name: PersonName.make("Upper"), age: 30, berth: "UB" } as const

/** Two lower berths for sale; the upper ones are sold to those who chose them, and make the waitlist longer. */
const twoBerths = Effect.gen(function*() {
  const run = yield* openTrain({ stops: 4, pools: sleepers({ LB: 2, UB: 12 }) })
  yield* Effect.forEach(Array.from({ length: 12 }), () => book(run, { passengers: [upper] }))
  return run
})

const choosing = { name: PersonName.make("Chooser"), age: 30, berth: "LB" } as const
const confirmed = { onlyIfConfirmed: true }

/**
 * Two lower berths, of which the one is free but for the first leg, the other but for the last one; `first` is who lies on
 * that first leg.
 */
const scattered = Effect.fnUntraced(function*(first: Asked = {}) {
  const run = yield* twoBerths
  const onFirst = yield* book(run, { ...first, legs: [0, 1] })
  const throughout = yield* book(run)
  const beyond = yield* book(run, { legs: [1, 3] })
  yield* cancel(throughout.booking.pnr)
  const onLast = yield* book(run, {
    ...first,
    legs: [2, 3],
    ...first.key === undefined ? {} : { key: `${first.key}-last` }
  })
  yield* cancel(beyond.booking.pnr)
  assert.strictEqual(yield* free(run), 0)
  return { run, onFirst: onFirst.booking, onLast: onLast.booking }
})

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

    const Step = Schema.Struct({
      from: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: legs - 1 })),
      length: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: legs })),
      passengers: Schema.Literals([1, 1, 1, 2, 3]),
      wish: Schema.Literals(["none", "none", "none", "LB", "UB"]),
      kind: Schema.Literals(["book", "book", "book", "cancel"]),
      which: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 })),
      emptied: Schema.Literals([true, ...Array.from({ length: 19 }, () => false)])
    })

    const Room = Schema.Tuple([Schema.Struct({ room: Schema.Int, chosenMoved: Schema.Int, overlaps: Schema.Int })])

    /** Berths of which each leg of a journey has one of the same type left, and what must never be. */
    const roomOf = Effect.fnUntraced(function*(run: TestRun, [from, to]: readonly [number, number]) {
      const sql = yield* SqlClient.SqlClient
      const [facts] = yield* Schema.decodeUnknownEffect(Room)(
        yield* sql`
          WITH sold AS (SELECT * FROM sale WHERE active AND berth >> 16 = ${run.id}::float8::bigint)
          SELECT (SELECT sum(room)::int FROM (
              SELECT min(free) AS room FROM (
                SELECT b.berth, leg, count(*) FILTER (WHERE NOT EXISTS (
                  SELECT FROM sold s WHERE s.berth & 65535 = b.number AND s.legs @> leg)) AS free
                FROM berth b, generate_series(${from}::int, ${to}::int - 1) leg
                WHERE b.train_number = ${run.trainNumber} AND b.active GROUP BY b.berth, leg
              ) by_leg GROUP BY berth) by_type) AS room,
            (SELECT count(*)::int FROM passenger p JOIN booking k USING (pnr)
              WHERE k.run_id = ${run.id}::float8::bigint AND p.wish IS NOT NULL AND p.moved_from IS NOT NULL
            ) AS "chosenMoved",
            (SELECT count(*)::int FROM sold a JOIN sold b
              ON a.id < b.id AND a.berth = b.berth AND a.legs && b.legs) AS overlaps`
      )
      return facts
    })

    const sell = Effect.fnUntraced(function*(
      run: TestRun,
      steps: ReadonlyArray<typeof Step.Type>,
      refused: (asked: readonly [number, number], passengers: number) => Effect.Effect<void, never, SqlClient.SqlClient>
    ) {
      const sold: Array<Booking> = []
      for (const { emptied, from, kind, length, passengers, which, wish } of steps) {
        if (emptied) yield* (yield* ManagedRedis).send("FLUSHALL")
        if (kind === "cancel") {
          const [earlier] = sold.splice(which % Math.max(1, sold.length), 1)
          if (earlier !== undefined) yield* cancel(earlier.pnr)
          continue
        }
        const journey = [from, Math.min(legs, from + length)] as const
        const one = { name: PersonName.make("Traveller"), age: 30, ...wish === "none" ? {} : { berth: wish } }
        const answer = yield* Effect.result(book(run, {
          legs: journey,
          conditions: confirmed,
          passengers: [one, ...Array.from({ length: passengers - 1 }, () => one)]
        }))
        if (Result.isSuccess(answer)) sold.push(answer.success.booking)
        else if (answer.failure._tag === "SoldOut") yield* refused(journey, passengers)
        else assert.fail(answer.failure._tag)
      }
    })

    it.effect.prop(
      "are sold to the last leg where nobody chose: nobody is refused for whom each leg has a berth",
      [Schema.Array(Step).check(Schema.isMinLength(25), Schema.isMaxLength(40))],
      ([steps]) =>
        Effect.gen(function*() {
          const run = yield* openTrain({ stops: legs + 1, pools: sleepers({ LB: 3, UB: 3 }) })
          yield* sell(run, steps.map((step) => ({ ...step, wish: "none" as const })), (journey, passengers) =>
            Effect.map(Effect.orDie(roomOf(run, journey)), ({ room }) =>
              assert.isBelow(room, passengers, `${passengers} were refused from ${journey[0]} to ${journey[1]}`)))
          yield* agrees(run)
        }),
      { arbitrary: { runs: 8 }, timeout: 120_000 }
    )

    it.effect.prop(
      "are never taken from whoever chose one, nor sold twice, whatever is moved",
      [Schema.Array(Step).check(Schema.isMinLength(25), Schema.isMaxLength(40))],
      ([steps]) =>
        Effect.gen(function*() {
          const run = yield* openTrain({ stops: legs + 1, pools: sleepers({ LB: 3, UB: 3 }) })
          yield* sell(run, steps, () => Effect.void)
          const { chosenMoved, overlaps } = yield* roomOf(run, [0, legs])
          assert.deepStrictEqual({ chosenMoved, overlaps }, { chosenMoved: 0, overlaps: 0 })
          yield* agrees(run)
        }),
      { arbitrary: { runs: 8 }, timeout: 120_000 }
    )
  }
)
