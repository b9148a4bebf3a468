import { CurrentUser } from "@berth/domain/Auth"
import type { BookingSearch } from "@berth/domain/BookingSearch"
import type { JourneyDate } from "@berth/domain/JourneyDate"
import { permitted } from "@berth/domain/rules/Permissions"
import type { SeatConfigInput } from "@berth/domain/SeatConfig"
import type { TrainId } from "@berth/domain/TrainId"
import type { TrainRepack } from "@berth/domain/TrainRepack"
import type { UserId } from "@berth/domain/UserId"
import { PersonalRecords } from "@berth/engine/accounts/PersonalRecords"
import { AuditTrail } from "@berth/engine/ledger/AuditTrail"
import { BookingSearches } from "@berth/engine/ledger/BookingSearches"
import { RunSwitch } from "@berth/engine/seeding/RunSwitch"
import { RepackSwitch } from "@berth/engine/timetable/RepackSwitch"
import { SeatConfigPreviews } from "@berth/engine/timetable/SeatConfigPreviews"
import { TrainPages } from "@berth/engine/timetable/TrainPages"
import { Context, Effect, Layer } from "effect"

interface RunNamed {
  readonly trainId: TrainId
  readonly date: JourneyDate
}

const make = Effect.gen(function*() {
  const trail = yield* AuditTrail
  const previews = yield* SeatConfigPreviews
  const pages = yield* TrainPages
  const repacks = yield* RepackSwitch
  const runs = yield* RunSwitch
  const searches = yield* BookingSearches
  const people = yield* PersonalRecords

  /** Whose data: the caller's own, or another's for whom that is allowed. */
  const personOf = Effect.fnUntraced(function*(userId: UserId | undefined) {
    const caller = yield* CurrentUser
    if (userId !== undefined && userId !== caller.userId) {
      yield* permitted(caller, "export and erase anybody's data")
    }
    return { caller: caller.userId, userId: userId ?? caller.userId }
  })

  return {
    preview: Effect.fnUntraced(function*(options: {
      readonly trainId: TrainId
      readonly version: number | undefined
      readonly config: SeatConfigInput
    }) {
      yield* permitted(yield* CurrentUser, "edit seat configurations")
      return yield* previews.preview(options)
    }),
    setRepack: Effect.fnUntraced(function*({ repack, trainId }: TrainRepack) {
      const caller = yield* CurrentUser
      yield* permitted(caller, "edit seat configurations")
      return yield* repacks.set({ userId: caller.userId, trainId, repack })
    }),
    trains: Effect.fnUntraced(function*(query: Parameters<typeof pages.trains>[0]) {
      yield* permitted(yield* CurrentUser, "search bookings, trains and runs")
      return yield* pages.trains(query)
    }),
    runs: Effect.fnUntraced(function*(query: Parameters<typeof pages.runs>[0]) {
      yield* permitted(yield* CurrentUser, "search bookings, trains and runs")
      return yield* pages.runs(query)
    }),
    closeRun: Effect.fnUntraced(function*(run: RunNamed) {
      const caller = yield* CurrentUser
      yield* permitted(caller, "close runs for sale")
      return yield* runs.close({ caller, ...run })
    }),
    openRun: Effect.fnUntraced(function*(run: RunNamed) {
      const caller = yield* CurrentUser
      yield* permitted(caller, "close runs for sale")
      return yield* runs.open({ caller, ...run })
    }),
    searchBookings: Effect.fnUntraced(function*(asked: BookingSearch) {
      const caller = yield* CurrentUser
      yield* permitted(caller, "search bookings, trains and runs")
      return yield* searches.search(caller.userId, asked)
    }),
    audit: Effect.fnUntraced(function*(query: Parameters<typeof trail.page>[0]) {
      yield* permitted(yield* CurrentUser, "read the audit trail")
      return yield* trail.page(query)
    }),
    exportPerson: (userId: UserId | undefined, cursor: string | undefined) =>
      Effect.flatMap(personOf(userId), (asked) => people.export({ ...asked, cursor })),
    erasePerson: (userId: UserId | undefined) => Effect.flatMap(personOf(userId), people.erase)
  }
})

/**
 * What those who run the trains may ask for, and everybody of their own data; it knows nothing of how they asked.
 *
 * @effect-expect-leaking CurrentUser
 */
export class OperatorDesk extends Context.Service<OperatorDesk>()("@berth/server/OperatorDesk", { make }) {
  static readonly layer = Layer.effect(OperatorDesk, make)
}
