import type { Pnr } from "@berth/domain/Pnr"
import { assert } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { StoreClock } from "../../src/ledger/StoreClock.ts"
import { GatewayJobs } from "../../src/payment/GatewayJobs.ts"
import { Pay } from "../../src/payment/Pay.ts"
import { SandboxPayments } from "../../src/payment/SandboxPayments.ts"
import { HoldExpiry } from "../../src/sale/HoldExpiry.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { traveller } from "../sale/Sales.ts"
import type { TestRun } from "../TestEngine.ts"

export const pay = Effect.fnUntraced(function*(pnr: Pnr, caller = traveller) {
  return yield* (yield* Pay).pay({ caller, pnr })
})

/** Says what the gateway does until the test is over. */
export const tell = Effect.fnUntraced(function*(...told: Parameters<SandboxPayments["Service"]["tell"]>) {
  yield* Effect.flatMap(SandboxPayments, (sandbox) => sandbox.tell(...told))
  yield* Effect.addFinalizer(() => Effect.flatMap(SandboxPayments, (sandbox) => sandbox.tell(() => "answers")))
})

/** Pays where the gateway does it and its answer is lost. */
export const payUnanswered = Effect.fnUntraced(function*(pnr: Pnr) {
  yield* tell(() => "late")
  assert.strictEqual((yield* Effect.flip(pay(pnr)))._tag, "PaymentPending")
  yield* tell(() => "answers")
})

export const expire = Effect.flatMap(HoldExpiry, (expiry) => expiry.expire)

/** Lets time pass by the stores' clock; it never goes back. */
export const pass = Effect.fnUntraced(function*(time: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE store_clock SET shift = shift + ${time}::text::interval`
  yield* (yield* StoreClock).refresh
})

/** Lets the time of every hold be over. */
export const passHolds = pass("11 minutes")

/** Does what the gateway is to be told, in the hour in which all of it has become due. */
export const tellGateway = Effect.gen(function*() {
  const { work } = yield* GatewayJobs
  // A refund waits until its money has come.
  for (let round = 0; round < 2; round++) {
    yield* pass("6 minutes")
    yield* work
  }
})

export const agrees = Effect.fnUntraced(function*(run: TestRun) {
  assert.deepStrictEqual((yield* (yield* Audit).auditRuns([run.id])).differences, [])
})

const Books = Schema.Struct({
  passenger: Schema.Int,
  gateway: Schema.Int,
  revenue: Schema.Int
})

/** What the books of a booking come to, paise. */
export const booksOf = Effect.fnUntraced(function*(pnr: Pnr) {
  const sql = yield* SqlClient.SqlClient
  const [books] = yield* Schema.decodeUnknownEffect(Schema.Tuple([Books]))(
    yield* sql`
      SELECT coalesce(sum(e.amount_paise) FILTER (WHERE account = 'passenger'), 0)::int AS passenger,
        coalesce(sum(e.amount_paise) FILTER (WHERE account = 'gateway'), 0)::int AS gateway,
        coalesce(sum(e.amount_paise) FILTER (WHERE account = 'revenue'), 0)::int AS revenue
      FROM entry e JOIN payment p ON p.id = e.payment_id WHERE p.pnr = ${pnr}`
  )
  return books
})

const Ids = Schema.Array(Schema.Struct({ id: Schema.String }))

/** What the gateway has of a booking, paise, over all its payments. */
export const takenFor = Effect.fnUntraced(function*(pnr: Pnr) {
  const sql = yield* SqlClient.SqlClient
  const sandbox = yield* SandboxPayments
  const ids = yield* Schema.decodeUnknownEffect(Ids)(
    yield* sql`SELECT gateway_id AS id FROM payment WHERE pnr = ${pnr}`
  )
  const balances = yield* Effect.forEach(ids, ({ id }) => sandbox.balance(id))
  return balances.reduce((sum, { givenBack, taken }) => sum + taken - givenBack, 0)
})

const States = Schema.Array(Schema.Struct({ state: Schema.String }))

/** How the hold of a booking stands, then its payments in order. */
export const statesOf = Effect.fnUntraced(function*(pnr: Pnr) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* Schema.decodeUnknownEffect(States)(
    yield* sql`
      SELECT state FROM (
        SELECT 0 AS id, state FROM booking_hold WHERE pnr = ${pnr}
        UNION ALL SELECT id, state FROM payment WHERE pnr = ${pnr}
      ) s ORDER BY id`
  )
  return rows.map(({ state }) => state)
})
