import { CurrentUser } from "@berth/domain/Auth"
import type { BookingRequest } from "@berth/domain/BookingRequest"
import type { IdempotencyKey } from "@berth/domain/IdempotencyKey"
import type { Pnr } from "@berth/domain/Pnr"
import { may, permitted } from "@berth/domain/rules/Permissions"
import type { SeatConfigInput } from "@berth/domain/SeatConfig"
import type { TrainId } from "@berth/domain/TrainId"
import { AuditTrail } from "@berth/engine/ledger/AuditTrail"
import { Bookings } from "@berth/engine/ledger/Bookings"
import { Pay } from "@berth/engine/payment/Pay"
import { Book } from "@berth/engine/sale/Book"
import { bookingNotFound, Cancel } from "@berth/engine/sale/Cancel"
import { SeatConfigs } from "@berth/engine/timetable/SeatConfigs"
import { Context, Effect, Layer, Option } from "effect"
import { counted } from "./BookingMetrics.ts"
import { ReadingDesk } from "./ReadingDesk.ts"

const make = Effect.gen(function*() {
  const reading = yield* ReadingDesk
  const bookings = yield* Bookings
  const configs = yield* SeatConfigs
  const trail = yield* AuditTrail
  const { book } = yield* Book
  const { cancel } = yield* Cancel
  const { pay } = yield* Pay

  const bookFor = (caller: CurrentUser["Service"], request: BookingRequest, key: IdempotencyKey | undefined) =>
    counted(book({ caller, request, key }))

  return {
    ...reading,

    /** The same as `book` for a caller that is known already. */
    bookFor,
    book: (request: BookingRequest, key: IdempotencyKey | undefined) =>
      Effect.flatMap(CurrentUser, (caller) => bookFor(caller, request, key)),
    mine: Effect.fnUntraced(function*(cursor: string | undefined) {
      const { userId } = yield* CurrentUser
      return yield* bookings.page({ userId, cursor })
    }),
    show: Effect.fnUntraced(function*(pnr: Pnr) {
      const user = yield* CurrentUser
      const forUser = may(user, "see and cancel any booking") ? null : user.userId
      const found = yield* bookings.find({ pnr, forUser })
      if (Option.isNone(found)) {
        return yield* bookingNotFound(pnr)
      }
      if (found.value.userId !== user.userId) {
        yield* trail.note({ userId: user.userId, action: "see booking", subject: pnr, details: {} })
      }
      return found.value
    }),
    cancel: Effect.fnUntraced(function*(pnr: Pnr, passengers: ReadonlyArray<number> | undefined) {
      return yield* cancel({ caller: yield* CurrentUser, pnr, passengers })
    }),
    pay: Effect.fnUntraced(function*(pnr: Pnr) {
      return yield* pay({ caller: yield* CurrentUser, pnr })
    }),

    seatConfig: Effect.fnUntraced(function*(trainId: TrainId) {
      yield* permitted(yield* CurrentUser, "edit seat configurations")
      return yield* configs.read(trainId)
    }),
    replaceSeatConfig: Effect.fnUntraced(function*(trainId: TrainId, version: number, config: SeatConfigInput) {
      const user = yield* CurrentUser
      yield* permitted(user, "edit seat configurations")
      return yield* configs.replace({ userId: user.userId, trainId, version, config })
    })
  }
})

/** What callers may ask for, whichever way they come; it knows who they are and nothing of how they asked. */
export class Desk extends Context.Service<Desk>()("@berth/server/Desk", { make }) {
  static readonly layer = Layer.effect(Desk, make)
}
