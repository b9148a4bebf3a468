import { InventoryHealth, type RedisPart } from "@berth/engine/inventory/InventoryHealth"
import { RunRows } from "@berth/engine/ledger/RunRows"
import { RunCloser } from "@berth/engine/seeding/RunCloser"
import { RunLoader } from "@berth/engine/seeding/RunLoader"
import { RunDirectory } from "@berth/engine/timetable/RunDirectory"
import { Effect, Layer, Ref, Schedule, Semaphore, Stream } from "effect"
import { listen } from "./Listener.ts"
import { every, persistently } from "./Persistently.ts"

/** How often Redis is asked whether it is the one that the runs were loaded into. */
const instanceEvery = "1 second"

/** How often runs that are not loaded are looked for. */
const unloadedEvery = "2 seconds"

/** How often runs that have arrived are taken off sale. */
const arrivedEvery = "10 minutes"

/** How often the days of the trains' time zones are looked at for a midnight that has passed. */
const midnightEvery = "20 seconds"

/** Runs loaded in one go before the next look at what has become urgent. */
const unloadedMax = 5000

/** Loads what is not loaded, a share at a time; whoever asks meanwhile waits for its turn and finds little to do. */
const makeLoad = Effect.gen(function*() {
  const rows = yield* RunRows
  const loader = yield* RunLoader
  const oneAtATime = yield* Semaphore.make(1)
  const loadSome = Effect.gen(function*() {
    const unloaded = yield* rows.unloaded(unloadedMax)
    yield* loader.load(unloaded, "unloaded")
    return unloaded.length
  })
  return { load: oneAtATime.withPermit(Effect.repeat(loadSome, { while: (count) => count === unloadedMax })) }
})

/**
 * Where Redis was emptied, restarted or replaced, or a node of a cluster was, its runs are closed; the loading of
 * unloaded runs opens them again.
 */
const makeCheckInstance = Effect.gen(function*() {
  const health = yield* InventoryHealth
  const loader = yield* RunLoader
  const checkPart = Effect.fnUntraced(function*({ has, instance, markSeeded, seededInstance }: RedisPart) {
    if (instance !== (yield* seededInstance)) {
      yield* Effect.logInfo("Redis is new or was emptied: loading its runs from the record")
      yield* loader.close(has)
      yield* markSeeded
    }
  })
  const checkInstance = Effect.flatMap(health.parts, (parts) => Effect.forEach(parts, checkPart, { discard: true }))
  return { checkInstance }
})

/** Makes the runs of the booking window: at start, when a day has begun somewhere, when the timetable has changed. */
const makeWindow = Effect.gen(function*() {
  const rows = yield* RunRows
  const days = yield* Ref.make("")
  const make = Effect.gen(function*() {
    const made = yield* rows.makeWindow
    if (made > 0) {
      yield* Effect.logInfo(`Opened ${made} runs for sale`)
    }
  })
  const lookAtDays = Effect.gen(function*() {
    const today = yield* rows.today
    if (today !== (yield* Ref.get(days))) {
      yield* make
      yield* Ref.set(days, today)
    }
  })
  return { make, lookAtDays }
})

/** Keeps Redis filled with every run of the booking window. */
export const layer = Layer.effectDiscard(Effect.gen(function*() {
  const health = yield* InventoryHealth
  const directory = yield* RunDirectory
  const { lookAtDays, make } = yield* makeWindow
  const { checkInstance } = yield* makeCheckInstance
  const { load } = yield* makeLoad
  yield* lookAtDays
  yield* checkInstance
  yield* every("load runs", unloadedEvery, load)
  yield* every("close runs", arrivedEvery, (yield* RunCloser).closeArrived)
  yield* every("open runs", midnightEvery, lookAtDays)
  const looks = Stream.merge(health.connections, Stream.fromSchedule(Schedule.spaced(instanceEvery)))
  yield* Effect.forkScoped(persistently("watch Redis", Stream.runForEach(looks, () => checkInstance)))
  yield* listen(
    "berth_timetable",
    // Forgotten for nothing, a thousand runs on sale are all read anew at once, which holds up bookings for a second.
    (announced) => Effect.andThen(announced ? Effect.andThen(make, directory.forgetAll) : make, load),
    "1 minute"
  )
}))
