import { Effect, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { setTimeout as pause } from "node:timers/promises"
import { Acknowledged } from "../BookingLog.ts"
import { type Failpoint, killAtEach, moneyFailpoints } from "../Failpoints.ts"
import { type Answered, call } from "../HttpCall.ts"
import type { Row, RowContext } from "../Row.ts"

const persistMillis = 30_000
const retryMillis = 200
const settledMillisMax = 90_000

const decodeBooking = Schema.decodeUnknownOption(Acknowledged)

/** What a payer was told: of a hold, and that it was paid or that it is not held any more. */
interface Payer {
  readonly key: string
  pnr: string | undefined
  told: "paid" | "gone" | undefined
}

const Fate = Schema.Struct({ pnr: Schema.String, hold: Schema.String, payments: Schema.String, sales: Schema.Int })
const decodeFates = Schema.decodeUnknownEffect(Schema.Array(Fate))
const decodeJobs = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ open: Schema.Int })]))

const isPassing = (answer: Answered): boolean =>
  answer.kind === "none" || answer.status === 503 || answer.status === 409

/** Asks until there is an answer that is none of passing trouble. */
const askOn = async (ask: () => Promise<Answered>): Promise<Answered> => {
  const until = performance.now() + persistMillis
  for (;;) {
    const answer = await ask()
    if (!isPassing(answer) || performance.now() > until) return answer
    await pause(retryMillis)
  }
}

/** People who hold, pay or do not; what they were told is compared with the books. */
class Payers {
  readonly all: Array<Payer> = []
  readonly #context: RowContext

  constructor(context: RowContext) {
    this.#context = context
  }

  #call(path: string, key: string | undefined, body: unknown): Promise<Answered> {
    const { cluster, load, random } = this.#context
    const options = { url: `${random.pick(load.urls())}${path}`, method: "POST", token: cluster.token, body } as const
    return call(key === undefined ? options : { ...options, key })
  }

  /** Holds one booking; pays for it, or lets its time be over. */
  async one(pays: boolean): Promise<void> {
    const { cluster, network, random } = this.#context
    const { date, from, to, trainId, travelClass } = random.pick(
      network.trips.filter(({ trainId: id }) => id === network.manyId)
    )
    const payer: Payer = { key: `payer-${trainId}-${this.all.length}`, pnr: undefined, told: undefined }
    this.all.push(payer)
    const passengers = [{ name: payer.key, age: 40 }]
    const body = { trainId, date, travelClass, from, to, passengers, payment: "hold" }
    const held = await askOn(() => this.#call("/api/bookings", payer.key, body))
    const booking = held.kind === "answer" ? decodeBooking(held.body) : Option.none()
    if (Option.isNone(booking)) return
    const { pnr } = booking.value
    payer.pnr = pnr
    if (!pays) {
      await cluster.query(
        Effect.flatMap(
          SqlClient.SqlClient,
          (sql) => sql`UPDATE booking_hold SET expires_at = berth_now() WHERE pnr = ${pnr} AND state = 'held'`
        )
      )
      return
    }
    const paid = await askOn(() => this.#call(`/api/bookings/${pnr}/pay`, undefined, {}))
    if (paid.kind !== "answer") return
    if (paid.status < 300) payer.told = "paid"
    else if (paid.status === 410) payer.told = "gone"
  }

  /** What the record says of them once the gateway has been told everything. */
  async check(): Promise<void> {
    const { cluster, note, problem } = this.#context
    const until = performance.now() + settledMillisMax
    for (;;) {
      const [{ open }] = await cluster.query(
        Effect.flatMap(SqlClient.SqlClient, (sql) =>
          Effect.flatMap(
            sql`SELECT count(*)::int AS open FROM outbox WHERE NOT done AND payment_id IS NOT NULL`,
            decodeJobs
          ))
      )
      if (open === 0) break
      if (performance.now() > until) {
        problem(`${open} jobs of the gateway are still to be done`)
        break
      }
      await pause(retryMillis)
    }
    const fates = await cluster.query(Effect.flatMap(SqlClient.SqlClient, (sql) =>
      Effect.flatMap(
        sql`SELECT h.pnr, h.state AS hold,
            coalesce((SELECT string_agg(p.state, ',' ORDER BY p.id) FROM payment p WHERE p.pnr = h.pnr), '') AS payments,
            (SELECT count(*)::int FROM sale s WHERE s.pnr = h.pnr AND s.active) AS sales
          FROM booking_hold h`,
        decodeFates
      )))
    const byPnr = new Map(fates.map((fate) => [fate.pnr, fate]))
    for (const { key, pnr, told } of this.all) {
      const fate = pnr === undefined ? undefined : byPnr.get(pnr)
      if (pnr !== undefined && fate === undefined) problem(`${key}: ${pnr} was held and is not in the record`)
      if (fate === undefined) continue
      const { hold, payments, sales } = fate
      // Money that came too late seats again, under a hold that has expired.
      const stands = hold === "confirmed" || hold === "expired"
      if (told === "paid" && !(stands && payments === "captured" && sales === 1)) {
        problem(`${key}: ${pnr} was told paid; hold ${hold}, payments ${payments}, ${sales} sales`)
      }
      if (hold === "expired" && payments === "" && sales > 0) {
        problem(`${key}: ${pnr} has expired and has ${sales} sales`)
      }
    }
    const paid = this.all.filter(({ told }) => told === "paid").length
    note(
      `${this.all.length} held, ${paid} told that they paid, ${
        fates.filter(({ hold }) => hold === "expired").length
      } expired`
    )
  }
}

/** Kills servers and schedulers inside of holding, paying, telling the gateway, and of ending what was not paid. */
export const paymentKilled: Row = {
  name: "payment-killed",
  fault: "a server or a scheduler killed at any step of holding, paying, capturing and expiry",
  brief: false,
  nativeRedis: false,
  run: async (context) => {
    const payers = new Payers(context)
    const asked: Array<Promise<void>> = []
    const provoke = ({ flow }: Failpoint): Promise<void> => {
      for (let times = 0; times < 3; times++) asked.push(payers.one(flow !== "expire"))
      return Promise.resolve()
    }
    await killAtEach(context, context.random.shuffle(moneyFailpoints), provoke)
    await Promise.all(asked)
    await payers.check()
  }
}
