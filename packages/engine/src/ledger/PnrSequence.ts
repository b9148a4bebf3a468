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
      const scope = yield* Effect.scope
      const oneAtATime = yield* Semaphore.make(1)
      let serial = 0
      let end = 0
      let nextStart: number | undefined

      const takeNext = oneAtATime.withPermit(
        Effect.suspend(() =>
          nextStart !== undefined ? Effect.void : takeBlock(undefined).pipe(
            Effect.catchTag("NoSuchElementError", Effect.die),
            fromStore,
            Effect.map(({ start }) => {
              nextStart = start
            })
          )
        )
      )
      // Taken while the block before it is used, so that no booking waits for it. A failure is that of who finds none.
      const takeAhead = Effect.asVoid(Effect.forkIn(Effect.exit(takeNext), scope))
      const begin = (start: number) => {
        serial = start
        end = Math.min(start + serialsPerBlock, pnrSerialLimit)
        nextStart = undefined
        return takeAhead
      }

      const next: Effect.Effect<Pnr, StoreUnavailable> = Effect.suspend(() => {
        if (serial < end) {
          return Effect.succeed(pnrOf(key, serial++))
        }
        return Effect.andThen(nextStart === undefined ? takeNext : begin(nextStart), next)
      })
      return PnrSequence.of({ next })
    })
  )
}
