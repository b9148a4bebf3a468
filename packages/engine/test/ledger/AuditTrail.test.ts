import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { AuditTrail } from "../../src/ledger/AuditTrail.ts"
import { Book } from "../../src/sale/Book.ts"
import { Cancel } from "../../src/sale/Cancel.ts"
import { somebody, trailOn } from "../Offices.ts"
import { admin, book, cancel, requestOf } from "../sale/Sales.ts"
import { engine, openTrain, sleepers } from "../TestEngine.ts"

const note = (userId: ReturnType<typeof somebody>["userId"], subject: string) =>
  Effect.flatMap(AuditTrail, (trail) => trail.note({ userId, action: "see booking", subject, details: {} }))

layer(engine, { excludeTestServices: true, timeout: "60 seconds" })("the audit trail", (it) => {
  it.effect("is only ever added to, even by who may write to the table", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { userId } = somebody("clerk")
      yield* note(userId, "kept")
      for (
        const attempt of [
          sql`UPDATE audit SET user_id = 'nobody' WHERE subject = 'kept'`,
          sql`DELETE FROM audit WHERE subject = 'kept'`,
          sql`TRUNCATE audit`
        ]
      ) {
        const error = yield* Effect.flip(attempt)
        assert.include(String(error.reason.cause), "the audit trail is only ever added to")
      }
      assert.deepEqual(yield* trailOn("kept"), [{ userId, action: "see booking", details: {} }])
    }))

  it.effect("is read newest first, page by page, of one person or on one subject", () =>
    Effect.gen(function*() {
      const trail = yield* AuditTrail
      const [one, other] = [somebody("clerk"), somebody("clerk")]
      for (let entry = 0; entry < 150; entry++) yield* note(one.userId, `paged ${entry}`)
      yield* note(other.userId, "paged 7")
      const first = yield* trail.page({ userId: one.userId })
      assert.lengthOf(first.entries, 100)
      assert.strictEqual(first.entries[0]?.subject, "paged 149")
      assert.isDefined(first.nextCursor)
      const second = yield* trail.page({ userId: one.userId, cursor: first.nextCursor ?? 0 })
      assert.deepEqual(
        second.entries.map(({ subject }) => subject),
        Array.from({ length: 50 }, (_, n) => `paged ${49 - n}`)
      )
      assert.isUndefined(second.nextCursor)
      const both = yield* trail.page({ subject: "paged 7" })
      assert.deepEqual(both.entries.map(({ userId }) => userId), [other.userId, one.userId])
    }))

  it.effect("has each booking that staff makes for others, once, and none that people make for themselves", () =>
    Effect.gen(function*() {
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 8, UB: 8 }) })
      const clerk = somebody("clerk")
      const customer = somebody()
      const { book: sell } = yield* Book
      const forCustomer = { ...requestOf(run, {}), userId: customer.userId }
      // Committed together, for others and for themselves.
      const [made, own, again] = yield* Effect.all([
        sell({ caller: clerk, request: forCustomer, key: undefined }),
        book(run, { caller: customer }),
        sell({ caller: clerk, request: requestOf(run, {}), key: undefined })
      ], { concurrency: 3 })
      assert.strictEqual(made.booking.userId, customer.userId)
      assert.deepEqual(yield* trailOn(made.booking.pnr), [
        { userId: clerk.userId, action: "book for another", details: { userId: customer.userId } }
      ])
      assert.isEmpty(yield* trailOn(own.booking.pnr))
      assert.isEmpty(yield* trailOn(again.booking.pnr))
      const refused = yield* Effect.flip(sell({ caller: somebody("agent"), request: forCustomer, key: undefined }))
      assert.strictEqual(refused._tag, "Forbidden")
    }))

  it.effect("has what staff cancels for others, with the passengers, and not what did not happen", () =>
    Effect.gen(function*() {
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 8 }) })
      const { booking } = yield* book(run, { passengers: 3 })
      const asStaff = Effect.flatMap(
        Cancel,
        (desk) => desk.cancel({ caller: admin, pnr: booking.pnr, passengers: [2] })
      )
      yield* asStaff
      assert.strictEqual((yield* Effect.flip(asStaff))._tag, "NothingToCancel")
      yield* cancel(booking.pnr, [1])
      const mine = yield* book(run, { caller: admin })
      yield* (yield* Cancel).cancel({ caller: admin, pnr: mine.booking.pnr, passengers: undefined })
      assert.deepEqual(yield* trailOn(booking.pnr), [
        { userId: admin.userId, action: "cancel for another", details: { passengers: [2] } }
      ])
      assert.isEmpty(yield* trailOn(mine.booking.pnr))
    }))

  it.effect("loses an act's entry with the act", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* Effect.flip(sql.withTransaction(Effect.andThen(note(somebody().userId, "undone"), Effect.fail("no"))))
      assert.isEmpty(yield* trailOn("undone"))
    }))
})
