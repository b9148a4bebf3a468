import type { Pnr } from "@berth/domain/Pnr"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, Effect, Layer, Schema, Semaphore } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { fromStore } from "./LedgerError.ts"
import { pnrOf, pnrSerialLimit } from "./PnrCipher.ts"

/** Serials taken from PostgreSQL at a time; those left over at a stop are lost, which nobody misses in nine billion. */
const serialsPerBlock = 1000

/** PNRs, each given once. */
export class PnrSequence extends Context.Service<PnrSequence, {
  readonly next: Effect.Effect<Pnr, StoreUnavailable>
}>()("@berth/engine/ledger/PnrSequence") {
  static readonly layer = Layer.effect(
    PnrSequence,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const readKey = SqlSchema.findOne({
        Request: Schema.Void,
        Result: Schema.Struct({ key: Schema.Array(Schema.Int) }),
        execute: () => sql`SELECT key FROM pnr_key`
      })
      const takeBlock = SqlSchema.findOne({
        Request: Schema.Void,
        Result: Schema.Struct({ start: Schema.Finite }),
        execute: () => sql`SELECT nextval('pnr_serial')::float8 AS start`
      })
      const { key } = yield* fromStore(readKey(undefined).pipe(Effect.catchTag("NoSuchElementError", Effect.die)))
      const oneAtATime = yield* Semaphore.make(1)
      let serial = 0
      let end = 0

      const refill = oneAtATime.withPermit(Effect.suspend(() =>
        serial < end ? Effect.void : takeBlock(undefined).pipe(
          Effect.catchTag("NoSuchElementError", Effect.die),
          fromStore,
          Effect.map(({ start }) => {
            serial = start
            end = Math.min(start + serialsPerBlock, pnrSerialLimit)
          })
        )
      ))
      const next: Effect.Effect<Pnr, StoreUnavailable> = Effect.suspend(() =>
        serial < end ? Effect.succeed(pnrOf(key, serial++)) : Effect.andThen(refill, next)
      )
      return PnrSequence.of({ next })
    })
  )
}
