import { Cache, Clock, Context, DateTime, Effect, Option, References } from "effect"
import { Inventory } from "../../src/inventory/Inventory.ts"
import { RunDumps } from "../../src/inventory/RunDump.ts"
import { AuditRows } from "../../src/ledger/AuditRows.ts"
import { BookingCommits } from "../../src/ledger/BookingCommits.ts"
import { Bookings } from "../../src/ledger/Bookings.ts"
import { Cancellations } from "../../src/ledger/Cancellations.ts"
import { HeldBookings } from "../../src/ledger/HeldBookings.ts"
import { HoldFacts } from "../../src/ledger/HoldFacts.ts"
import { PlacedSales } from "../../src/ledger/PlacedSales.ts"
import { PnrSequence } from "../../src/ledger/PnrSequence.ts"
import { RunEpochs } from "../../src/ledger/RunEpochs.ts"
import { RunRows } from "../../src/ledger/RunRows.ts"
import { StoreClock } from "../../src/ledger/StoreClock.ts"
import { Waitlist } from "../../src/ledger/Waitlist.ts"
import { type Composition, Compositions } from "../../src/timetable/Compositions.ts"
import { type Run, RunDirectory } from "../../src/timetable/RunDirectory.ts"
import { Stations } from "../../src/timetable/Stations.ts"
import type { LedgerModel } from "./LedgerModel.ts"
import { date, legs, quotas, route, runId, timeZone, today, trainId, trainNumber } from "./Network.ts"
import { allocateMillisMax, holdMillis, type RedisModel } from "./RedisModel.ts"
import type { Process, World } from "./World.ts"

export interface Stores {
  readonly world: World
  readonly redis: RedisModel
  readonly ledger: LedgerModel
}

const inventoryOf = ({ ledger, redis, world }: Stores, process: Process): Inventory["Service"] => {
  const ask = <A>(name: string, work: () => A) => world.call(process, "redis", name, work)
  return {
    allocate: (request) => {
      const latestMillis = world.millis + allocateMillisMax
      return ask(`allocate ${request.holdId}`, () => redis.allocate(request, latestMillis))
    },
    release: (options) =>
      ask(
        `release ${options.freeings.map(({ saleId }) => saleId).join()} of epoch ${options.epoch}`,
        () =>
          redis.release(options, ({ saleId }) => {
            const sale = ledger.sales[saleId - 1]
            return sale === undefined ? "nobody" : ledger.keyOf(sale.pnr)
          })
      ),
    judge: ({ graceMillis, ...options }) =>
      ask(`judge ${JSON.stringify(options.verdicts)}`, () =>
        redis.judge({
          ...options,
          ...graceMillis === undefined || !world.guarded("no hold is swept before its time") ? {} : { graceMillis }
        })),
    setWaiting: (options) => ask(`setWaiting ${options.holdId} ${options.passengers}`, () => redis.setWaiting(options)),
    promote: (options) =>
      ask(`promote ${options.waiting.map(({ holdId }) => holdId).join()}`, () => redis.promote(options)),
    applyConfig: (options) => ask(`applyConfig ${options.gate.version}`, () => redis.applyConfig(options)),
    load: (runs) =>
      Effect.forEach(
        runs,
        (run) => ask(`load epoch ${run.gate.epoch}`, () => redis.load(run, (slot, leg) => ledger.ownerOf(slot, leg)))
      ),
    unload: () => Effect.die(new Error("runs do not arrive in a simulation")),
    snapshot: () => ask("snapshot", () => redis.snapshot()),
    recentSnapshot: () => ask("snapshot", () => redis.snapshot()),
    peekSnapshot: () => undefined,
    changesTold: () => undefined,
    runsHeld: ask("runsHeld", () => redis.state === null ? [] : [{ trainId, date }]),
    overdue: (_, graceMillis) =>
      ask("overdue", () => redis.overdue(world.guarded("no hold is swept before its time") ? graceMillis : -holdMillis))
  }
}

/** Answers from memory what this process has read before; open runs for a minute. */
const directoryOf = Effect.fnUntraced(function*({ ledger, world }: Stores, process: Process) {
  const compositions = new Map<number, Composition>()
  const getAll: Compositions["Service"]["getAll"] = Effect.fnUntraced(function*(trains) {
    const found = new Map<number, Composition>()
    for (const { version } of trains) {
      const known = compositions.get(version) ??
        (yield* world.call(process, "postgresql", "composition", () => ledger.composition()))
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
      composition: composition ?? ledger.composition()
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
    get: (train) => Effect.map(getAll([train]), (found) => found.get(trainNumber) ?? ledger.composition())
  }))
})

const salesOf = ({ ledger, world }: Stores, process: Process) => {
  const ask = <A>(name: string, work: () => A) => world.call(process, "postgresql", name, work)
  return Context.make(BookingCommits, {
    admit: Effect.void,
    commit: (booking) =>
      world.call(process, "postgresql", `commit ${booking.holdId}`, (began) => ledger.commit(booking, began), true)
  }).pipe(
    Context.add(Bookings, {
      find: ({ pnr }) => ask("find booking", () => Option.fromUndefinedOr(ledger.find(pnr, "now"))),
      asBooked: (pnr) => ask("find booking as booked", () => Option.fromUndefinedOr(ledger.find(pnr, "asBooked"))),
      findKey: (keyHash) => ask(`find key ${keyHash}`, () => Option.fromUndefinedOr(ledger.keys.get(keyHash))),
      page: () => Effect.die(new Error("nobody reads pages in a simulation"))
    }),
    Context.add(Cancellations, {
      cancel: ({ passengers, pnr }) =>
        ask(`cancel ${pnr}`, () =>
          Option.map(
            Option.fromNullOr(ledger.cancel(pnr, passengers)),
            (cancelled) => ({ ...cancelled, unpaid: false, refundPaise: 0 })
          )),
      freed: (saleIds) => ask(`freed ${saleIds.join()}`, () => ledger.freed(saleIds)),
      unfreed: ask("unfreed", () => ledger.unfreed()),
      left: (party) => ask(`left ${party.holdId} ${party.passengers}`, () => ledger.left(party)),
      leaving: ask("leaving", () => ledger.leaving())
    }),
    // Bookings that are paid later are not simulated; packages/engine/test/payment has properties of them on real stores.
    Context.add(HeldBookings, {
      admit: Effect.void,
      commit: () => Effect.die(new Error("nobody pays later in a simulation")),
      expire: Effect.succeed([])
    }),
    Context.add(HoldFacts, {
      find: (keyHashes) => ask("facts of holds", () => ledger.facts(keyHashes)),
      pruneKeys: Effect.succeed(0)
    }),
    Context.add(Waitlist, {
      waiting: () => ask("waitlist", () => ledger.waiting()),
      promote: (promotion) =>
        world.call(
          process,
          "postgresql",
          `promote ${promotion.pnr}`,
          (began) => ledger.promote(promotion, began),
          true
        ),
      runsWaiting: Effect.succeed([runId])
    }),
    Context.add(PlacedSales, { ofClass: () => ask("placed sales", () => ledger.placed()) }),
    Context.add(PnrSequence, { next: Effect.sync(() => ledger.nextPnr()) })
  )
}

const runsOf = ({ ledger, redis, world }: Stores, process: Process) => {
  const ask = <A>(name: string, work: () => A) => world.call(process, "postgresql", name, work)
  const { run } = ledger
  const read = () => ({ sold: ledger.sold(), waiting: ledger.waitingHolds() })
  return Context.make(RunEpochs, {
    close: () => ask("close", () => ledger.close()),
    beginRebuild: (_, which) => {
      const begin = <A>(and: () => A) =>
        world.call(process, "postgresql", `begin a rebuild of ${which}`, () => ({
          runs: ledger.beginRebuild(which),
          ...and()
        }), true)
      return world.guarded("sales are read under the lock that raises the epoch")
        ? begin(read)
        : Effect.flatMap(
          begin(() => ({})),
          ({ runs }) => Effect.map(ask("sold", read), (sales) => ({ runs, ...sales }))
        )
    },
    beginRepack: ({ epoch, moves }) =>
      world.call(process, "postgresql", `repack ${JSON.stringify(moves)}`, () => {
        const runs = ledger.beginRepack(epoch, moves)
        return Option.map(Option.fromUndefinedOr(runs), (moved) => ({ runs: moved, ...read() }))
      }, true),
    overtake: (runs) =>
      ask("overtake", () => {
        for (const { epoch, redisEpoch } of runs) ledger.overtake(epoch, redisEpoch)
      }),
    sold: () => ask("sold", () => ledger.sold()),
    waiting: () => ask("waiting", () => ledger.waitingHolds()),
    open: (runs) =>
      ask(`open ${JSON.stringify(runs)}`, () => {
        for (const { epoch, version } of runs) ledger.open(epoch, version)
      })
  }).pipe(
    Context.add(RunRows, {
      makeWindow: Effect.succeed(0),
      unloaded: () => ask("unloaded", () => run.state === "OPEN" ? [] : [runId]),
      onSale: Effect.succeed([runId]),
      onSaleNamed: Effect.succeed([{ id: runId, trainId, date }]),
      openAfter: (after) =>
        ask(
          "openAfter",
          () => run.state === "OPEN" && after < runId ? [{ id: runId, booked: ledger.bookings.size > 0 }] : []
        ),
      today: Effect.succeed(today),
      arrived: Effect.succeed([]),
      close: () => Effect.die(new Error("runs do not arrive in a simulation")),
      behind: ask("behind", () =>
        run.state === "OPEN" && run.appliedVersion < ledger.configVersion
          ? [{
            id: runId,
            trainId,
            trainNumber,
            date,
            epoch: run.epoch,
            legs,
            version: ledger.configVersion,
            editedSecondsAgo: null
          }]
          : []),
      applied: (runs) =>
        ask(`applied ${JSON.stringify(runs)}`, () => {
          for (const { epoch, version } of runs) ledger.applied(epoch, version)
        })
    }),
    Context.add(AuditRows, {
      runs: () =>
        ask(
          "audited run",
          () => [{ id: runId, trainId, trainNumber, date, legs, version: ledger.configVersion, ...run }]
        ),
      // The checks of every step look for these.
      contradictions: () => Effect.succeed([])
    }),
    Context.add(RunDumps, { dump: () => world.call(process, "redis", "dump", () => redis.dump(quotas)) })
  )
}

/** What the code of a process asks for, over the models, with time and order in the world's hands. */
export const storeServices = Effect.fnUntraced(function*(stores: Stores, process: Process) {
  const { world } = stores
  const clock = world.clockOf(process)
  return (yield* directoryOf(stores, process)).pipe(
    Context.merge(salesOf(stores, process)),
    Context.merge(runsOf(stores, process)),
    Context.add(Inventory, inventoryOf(stores, process)),
    Context.add(StoreClock, {
      now: Effect.sync(() => DateTime.makeUnsafe(world.millis)),
      nowMillisUnsafe: () => world.millis,
      today: () => Effect.succeed(today),
      refresh: Effect.void
    }),
    Context.add(Stations, { search: () => Effect.succeed([]), exist: () => Effect.void }),
    Context.add(Clock.Clock, clock),
    Context.add(References.MinimumLogLevel, "None"),
    Context.add(References.TracerEnabled, false)
  )
})
