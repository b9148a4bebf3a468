import { Cache, Context, DateTime, Effect } from "effect"
import { type Composition, Compositions } from "../../../src/timetable/Compositions.ts"
import { type Run, RunDirectory } from "../../../src/timetable/RunDirectory.ts"
import { date, route, runId, timeZone, trainId, trainNumber } from "../Network.ts"
import type { Process } from "../Process.ts"
import type { Stores } from "../Stores.ts"
import { compositionOf } from "./SeatConfigModel.ts"

/** Answers from memory what this process has read before; open runs for a minute. */
export const timetableServices = Effect.fnUntraced(function*({ ledger, world }: Stores, process: Process) {
  const compositions = new Map<number, Composition>()
  const getAll: Compositions["Service"]["getAll"] = Effect.fnUntraced(function*(trains) {
    const found = new Map<number, Composition>()
    for (const { version } of trains) {
      const known = compositions.get(version) ??
        (yield* world.call(process, "postgresql", "composition", () => compositionOf(ledger)))
      compositions.set(version, known)
      found.set(trainNumber, known)
    }
    return found
  })
  const lookup = Effect.fnUntraced(function*() {
    const { appliedVersion, epoch, state, version } = yield* world.call(process, "postgresql", "find run", () => ({
      ...ledger.run,
      version: ledger.configVersion
    }))
    const composition = (yield* getAll([{ trainNumber, version }])).get(trainNumber)
    const run: Run = {
      id: runId,
      trainId,
      trainNumber,
      date,
      timeZone,
      dayStart: DateTime.toEpochMillis(DateTime.makeUnsafe(date)),
      route,
      gate: { epoch, version: appliedVersion },
      open: state === "OPEN",
      repack: true,
      composition: composition ?? compositionOf(ledger)
    }
    return run
  })
  const cache = yield* Cache.makeWith(lookup, {
    capacity: 10,
    timeToLive: (exit) => exit._tag === "Success" && exit.value.open ? "1 minute" : 0
  })
  return Context.make(RunDirectory, {
    find: () => Cache.get(cache, ""),
    peek: () => undefined,
    byId: () => Effect.asSome(Cache.get(cache, "")),
    forget: () => Cache.invalidateAll(cache),
    forgetAll: Cache.invalidateAll(cache)
  }).pipe(Context.add(Compositions, {
    getAll,
    get: (train) => Effect.map(getAll([train]), (found) => found.get(trainNumber) ?? compositionOf(ledger))
  }))
})
