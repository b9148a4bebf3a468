import { CurrentUser, forbidden, isAdmin } from "@berth/domain/Auth"
import type { BookingRequest } from "@berth/domain/BookingRequest"
import type { IdempotencyKey } from "@berth/domain/IdempotencyKey"
import type { Pnr } from "@berth/domain/Pnr"
import type { SeatConfigInput } from "@berth/domain/SeatConfig"
import type { TrainId } from "@berth/domain/TrainId"
import { Bookings } from "@berth/engine/ledger/Bookings"
import { Book } from "@berth/engine/sale/Book"
import { bookingNotFound, Cancel } from "@berth/engine/sale/Cancel"
import { SeatConfigs } from "@berth/engine/timetable/SeatConfigs"
import { Context, Effect, Layer, Option } from "effect"
import { counted } from "./BookingMetrics.ts"
import { ReadingDesk } from "./ReadingDesk.ts"

const requireAdmin = (user: CurrentUser["Service"], what: string) =>
  isAdmin(user) ? Effect.void : Effect.fail(forbidden(user, what))

const make = Effect.gen(function*() {
  const reading = yield* ReadingDesk
  const bookings = yield* Bookings
  const configs = yield* SeatConfigs
  const { book } = yield* Book
  const { cancel } = yield* Cancel

  return {
    ...reading,

    book: Effect.fnUntraced(function*(request: BookingRequest, key: IdempotencyKey | undefined) {
      return yield* counted(book({ caller: yield* CurrentUser, request, key }))
    }),
    mine: Effect.fnUntraced(function*(cursor: string | undefined) {
      const { userId } = yield* CurrentUser
      return yield* bookings.page({ userId, cursor })
    }),
    show: Effect.fnUntraced(function*(pnr: Pnr) {
      const user = yield* CurrentUser
      const found = yield* bookings.find({ pnr, forUser: isAdmin(user) ? null : user.userId })
      return Option.isSome(found) ? found.value : yield* bookingNotFound(pnr)
    }),
    cancel: Effect.fnUntraced(function*(pnr: Pnr, passengers: ReadonlyArray<number> | undefined) {
      return yield* cancel({ caller: yield* CurrentUser, pnr, passengers })
    }),

    seatConfig: Effect.fnUntraced(function*(trainId: TrainId) {
      yield* requireAdmin(yield* CurrentUser, "read seat configurations")
      return yield* configs.read(trainId)
    }),
    replaceSeatConfig: Effect.fnUntraced(function*(trainId: TrainId, version: number, config: SeatConfigInput) {
      const user = yield* CurrentUser
      yield* requireAdmin(user, "edit seat configurations")
      return yield* configs.replace({ userId: user.userId, trainId, version, config })
    })
  }
})

/** What callers may ask for, whichever way they come; it knows who they are and nothing of how they asked. */
export class Desk extends Context.Service<Desk>()("@berth/server/Desk", { make }) {
  static readonly layer = Layer.effect(Desk, make)
}
