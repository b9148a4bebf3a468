import type { Booking } from "@berth/domain/Booking"
import type { BookingRequest } from "@berth/domain/BookingRequest"
import { IdempotencyKey } from "@berth/domain/IdempotencyKey"
import { PersonName } from "@berth/domain/PersonName"
import type { Pnr } from "@berth/domain/Pnr"
import type { Quota } from "@berth/domain/Quota"
import { Cause, Effect, Exit, Layer } from "effect"
import { Book } from "../../src/sale/Book.ts"
import { Cancel } from "../../src/sale/Cancel.ts"
import { Promoter } from "../../src/sale/Promoter.ts"
import { Sweeper } from "../../src/sale/Sweeper.ts"
import { ConfigApplier } from "../../src/seeding/ConfigApplier.ts"
import { Reconciler } from "../../src/seeding/Reconciler.ts"
import { RunLoader } from "../../src/seeding/RunLoader.ts"
import { checkQuiet, checkStep } from "./Checks.ts"
import { type Guard, Violation } from "./Guards.ts"
import { LedgerModel } from "./LedgerModel.ts"
import { date, legs, runId, slotsMax, stations, trainId, traveller } from "./Network.ts"
import { RedisModel } from "./RedisModel.ts"
import { type Server, startServer } from "./Servers.ts"
import type { Stores } from "./StoreModels.ts"
import { violated, World } from "./World.ts"

const serverNames = ["A", "B"]
const actionsMax = 24
/** Steps after which something turns in a circle. */
const stepsMax = 5_000
/** Passes after which a promoter that is left alone must have finished. */
const passesMax = 10

/** How often each thing happens, beside others. A seed leaves out half of those of the second kind. */
const always = { book: 14, repeat: 6, cancel: 7, promote: 4, sweep: 3 } as const
const sometimes = {
  release: 3,
  edit: 4,
  apply: 3,
  rebuild: 2,
  load: 2,
  reconcile: 1,
  crash: 2,
  remember: 3,
  rollBack: 2,
  empty: 1,
  lookAtRedis: 3,
  misuse: 2
} as const
type Kind = keyof typeof always | keyof typeof sometimes

const timesEach = (weights: Readonly<Record<string, number>>, isKind: (name: string) => name is Kind): Array<Kind> =>
  Object.entries(weights).flatMap(([name, times]) => isKind(name) ? Array.from({ length: times }, () => name) : [])
const isKind = (name: string): name is Kind => name in always || name in sometimes

interface Asked {
  readonly key: string
  readonly request: BookingRequest
  pnr?: Pnr
  /** The key was sent with another request, too. */
  misused?: boolean
  /** What the caller was told. */
  answer?: string
}

/** What nobody is at fault for. */
const expected = new Set([
  "SoldOut",
  "RunPreparing",
  "StoreUnavailable",
  "Overloaded",
  "BookingNotFound",
  "NothingToCancel",
  "QuotaNotOnTrain",
  "ClassNotOnTrain"
])

export interface Outcome {
  readonly seed: number
  readonly steps: number
  readonly bookings: number
  readonly violation: { readonly promise: string; readonly message: string } | undefined
  /** What happened, where it was asked for. */
  readonly trace: ReadonlyArray<string>
}

const one = { name: PersonName.make("Traveller"), age: 30 }
const reconcileOnce = Effect.flatMap(Reconciler, ({ next }) => next).pipe(
  Effect.provide(Layer.fresh(Reconciler.layerNoDeps))
)

class Simulation {
  readonly world: World
  readonly redis: RedisModel
  readonly ledger: LedgerModel
  private servers: Array<Server>
  private readonly asked: Array<Asked> = []
  private readonly stores: Stores
  private readonly kinds: ReadonlyArray<Kind>
  steps = 0
  private serversStarted = 0
  private sweptMillis: number

  constructor(seed: number, off: ReadonlySet<Guard>, traced: boolean, slow: string | undefined) {
    this.world = new World({ seed, off, traced, slow })
    this.sweptMillis = this.world.millis
    const berths = 2 + this.world.below(3)
    this.redis = new RedisModel(this.world)
    this.ledger = new LedgerModel(
      this.world,
      Array.from(
        { length: slotsMax },
        (_, slot): Quota | undefined => slot < berths ? "GN" : slot === berths ? "TQ" : undefined
      )
    )
    this.redis.numberOf = (holdId) => this.ledger.numberOf(holdId)
    this.stores = { world: this.world, redis: this.redis, ledger: this.ledger }
    this.servers = serverNames.map(() => this.newServer())
    this.kinds = [
      ...timesEach(always, isKind),
      ...timesEach(Object.fromEntries(Object.entries(sometimes).filter(() => this.world.chance(0.5))), isKind)
    ]
  }

  private newServer(): Server {
    return startServer(this.stores, `${serverNames[this.serversStarted++ % serverNames.length]}${this.serversStarted}`)
  }

  /** Starts something on a server and hears how it ends, unless the server dies first. */
  private start<A, E extends { readonly _tag: string }>(
    what: string,
    work: Effect.Effect<
      A,
      E,
      Effect.Services<typeof reconcileOnce> | Book | Cancel | Promoter | Sweeper | ConfigApplier
    >,
    told: (answer: A) => void = () => {}
  ): void {
    const server = this.world.pick(this.servers)
    this.world.note(() => `${server.name}: ${what}`)
    this.world.start(server.context, work, (exit) => {
      if (!server.alive) return
      if (Exit.isSuccess(exit)) {
        this.world.note(() => `${server.name}: ${what} is done`)
        return told(exit.value)
      }
      const failure = exit.cause.reasons.find(Cause.isFailReason)
      this.world.note(() => `${server.name}: ${what} ends: ${failure?.error._tag ?? String(exit.cause)}`)
      if (failure === undefined || !expected.has(failure.error._tag)) {
        this.broken ??= new Violation("nothing fails without a reason", `${what}: ${Cause.pretty(exit.cause)}`)
      }
    })
  }

  /** Found where it must not be thrown: within a fiber. */
  private broken: Violation | undefined

  private book(asked: Asked): void {
    const key = IdempotencyKey.make(asked.key)
    this.start(
      `book ${asked.key}: ${asked.request.passengers.length} from ${asked.request.from} to ${asked.request.to}, ${asked.request.quota}`,
      Effect.flatMap(Book, (book) => book.book({ caller: traveller, request: asked.request, key })).pipe(
        Effect.catchTag(
          "IdempotencyConflict",
          (conflict) => asked.misused === true ? Effect.void : Effect.die(conflict)
        )
      ),
      (booked) => {
        try {
          if (booked !== undefined) this.acknowledged(asked, booked.booking)
        } catch (violation) {
          if (!(violation instanceof Violation)) throw violation
          this.broken ??= violation
        }
      }
    )
  }

  private acknowledged(asked: Asked, booking: Booking): void {
    const answer = JSON.stringify([
      booking.pnr,
      booking.passengers.map(({ seat, status, waitlist }) => [status, seat, waitlist?.atBooking])
    ])
    const recorded = this.ledger.find(booking.pnr, "asBooked")
    if (recorded === undefined) violated("whoever was told of a booking has it", `${asked.key}: ${booking.pnr}`)
    if (asked.answer !== undefined && asked.answer !== answer) {
      violated("one key, one answer", `${asked.key} was told ${asked.answer}, then ${answer}`)
    }
    asked.answer = answer
    asked.pnr = booking.pnr
  }

  private newRequest(): BookingRequest {
    const from = this.world.below(legs)
    const to = from + 1 + this.world.below(legs - from)
    const passengers = this.world.pick([1, 1, 1, 2, 2, 3])
    const [origin, destination] = [stations[from], stations[to]]
    return {
      trainId,
      date,
      travelClass: "SL",
      quota: this.world.chance(0.88) ? "GN" : "TQ",
      passengers: [one, ...Array.from({ length: passengers - 1 }, () => one)],
      ...(origin === undefined ? {} : { from: origin }),
      ...(destination === undefined ? {} : { to: destination }),
      ...(this.world.chance(0.2) ? { conditions: { onlyIfConfirmed: true } } : {})
    }
  }

  private act(): void {
    const kind = this.world.pick(this.kinds)
    const earlier = this.asked.length === 0 ? undefined : this.world.pick(this.asked)
    switch (kind) {
      case "book": {
        const asked: Asked = { key: `key-${this.asked.length}`, request: this.newRequest() }
        this.asked.push(asked)
        return this.book(asked)
      }
      case "repeat":
        return earlier === undefined ? undefined : this.book(earlier)
      case "misuse":
        return earlier === undefined ? undefined : this.misuse(earlier)
      case "cancel":
        return earlier?.pnr === undefined ? undefined : this.cancel(earlier.pnr)
      case "promote":
        return this.promote()
      case "sweep":
        return this.sweep()
      case "release":
        return this.start("repeat releases", Effect.flatMap(Sweeper, (sweeper) => sweeper.repeatReleases))
      case "edit":
        return this.ledger.edit()
      case "apply":
        return this.start("apply", Effect.flatMap(ConfigApplier, ({ applyAll }) => applyAll))
      case "rebuild":
        return this.start("rebuild", Effect.flatMap(RunLoader, (loader) => loader.load([runId], "all")))
      case "load":
        return this.start("load", Effect.flatMap(RunLoader, (loader) => loader.load([runId], "unloaded")))
      case "reconcile":
        return this.start("reconcile", reconcileOnce)
      case "lookAtRedis":
        return this.lookAtRedis()
      case "crash":
        return this.crash()
      case "remember":
        return this.redis.remember()
      case "rollBack":
        this.world.note(() => "Redis is rolled back")
        return this.redis.rollBack()
      case "empty":
        this.world.note(() => "Redis is emptied")
        return this.redis.empty()
    }
  }

  private misuse(asked: Asked): void {
    const { key, request } = asked
    asked.misused = true
    const other: Asked = { key, request: { ...request, passengers: [{ ...one, age: 31 }] } }
    this.start(
      `misuse ${key}`,
      Effect.flatMap(
        Book,
        (book) => book.book({ caller: traveller, request: other.request, key: IdempotencyKey.make(key) })
      ).pipe(
        Effect.catchTag("IdempotencyConflict", () => Effect.void)
      ),
      // Whichever comes first has the key.
      (booked) => {
        if (booked !== undefined && asked.answer !== undefined) {
          this.broken ??= new Violation("one key, one answer", `${key} was used for two bookings`)
        }
      }
    )
  }

  private cancel(pnr: Pnr): void {
    const passengers = this.world.chance(0.3) ? [1] : undefined
    this.start(
      `cancel ${passengers === undefined ? "" : "the first of "}${pnr}`,
      Effect.flatMap(Cancel, ({ cancel }) => cancel({ caller: traveller, pnr, passengers }))
    )
  }

  private sweep(): void {
    this.sweptMillis = this.world.millis
    this.start("sweep", Effect.flatMap(Sweeper, (sweeper) => sweeper.sweepHolds))
  }

  private promote(told: (done: boolean) => void = () => {}): void {
    this.start("promote", Effect.flatMap(Promoter, ({ promote }) => promote(runId)), told)
  }

  private promoteAll(passes: number): void {
    if (passes === 0) violated("the promoter finishes", `not after ${passesMax} passes`)
    let done = false
    this.promote((clear) => {
      done = clear
    })
    this.untilIdle()
    if (!done) this.promoteAll(passes - 1)
  }

  /** What the scheduler does that finds Redis to be another than the one it has loaded. */
  private lookAtRedis(): void {
    const { instance, seededInstance } = this.redis
    if (instance === seededInstance) return
    this.start("load all, for Redis is new", Effect.flatMap(RunLoader, ({ close }) => close(() => true)), () => {
      this.redis.seededInstance = instance
    })
  }

  private crash(): void {
    const server = this.world.pick(this.servers)
    this.world.note(() => `${server.name} dies`)
    this.world.kill(server)
    this.servers = [...this.servers.filter((other) => other !== server), this.newServer()]
  }

  private settle(): boolean {
    const stepped = this.world.step()
    if (this.world.faults && this.world.millis - this.sweptMillis > 30_000 && this.world.chance(0.3)) this.sweep()
    this.steps++
    if (this.broken !== undefined) throw this.broken
    checkStep(this.redis, this.ledger)
    if (this.steps > stepsMax) violated("everything comes to an end", `${stepsMax} steps were not enough`)
    return stepped
  }

  private untilIdle(): void {
    let busy = true
    while (busy) busy = this.settle()
  }

  /** Brings everything to an end that was begun: what the fibers that keep time do, without their waiting. */
  private quiesce(): void {
    this.world.note(() => "no more faults")
    this.world.faults = false
    this.untilIdle()
    this.world.jump(61_000)
    this.lookAtRedis()
    this.untilIdle()
    this.start("load", Effect.flatMap(RunLoader, (loader) => loader.load([runId], "unloaded")))
    this.untilIdle()
    this.start("apply", Effect.flatMap(ConfigApplier, ({ applyAll }) => applyAll))
    this.untilIdle()
    this.start("repeat releases", Effect.flatMap(Sweeper, (sweeper) => sweeper.repeatReleases))
    this.untilIdle()
    this.sweep()
    this.untilIdle()
    this.promoteAll(passesMax)
    let mended: ReadonlyArray<number> = []
    this.start("reconcile", reconcileOnce, (runs) => {
      mended = runs
    })
    this.untilIdle()
    if (mended.length > 0) violated("Redis says what the record says", "the reconciler had to load the run again")
    checkQuiet(this.redis, this.ledger)
  }

  run(): void {
    this.lookAtRedis()
    this.start("load", Effect.flatMap(RunLoader, (loader) => loader.load([runId], "unloaded")))
    for (let actions = 0; actions < actionsMax;) {
      if (!this.world.busy || this.world.callsUnderWay < 8 && this.world.chance(0.2)) {
        actions++
        this.act()
      }
      this.settle()
    }
    this.untilIdle()
    this.quiesce()
  }
}

/** Plays one interleaving, the same one for the same seed. */
export const simulate = (
  seed: number,
  options: {
    readonly off?: ReadonlyArray<Guard>
    readonly traced?: boolean
    /** Calls whose name begins so are long on their way; else chance has its choice. */
    readonly slow?: string
  } = {}
): Outcome => {
  const traced = options.traced ?? false
  const simulation = new Simulation(seed, new Set(options.off), traced, options.slow)
  const outcome = (violation: Outcome["violation"]): Outcome => ({
    seed,
    violation,
    steps: simulation.steps,
    bookings: simulation.ledger.bookings.size,
    trace: simulation.world.trace ?? []
  })
  const { stackTraceLimit } = Error
  // Each function of Effect notes where it was called, which is a fifth of the time of a seed.
  if (!traced) Error.stackTraceLimit = 0
  try {
    simulation.run()
    return outcome(undefined)
  } catch (violation) {
    if (!(violation instanceof Violation)) throw violation
    return outcome({ promise: violation.promise, message: violation.message })
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
