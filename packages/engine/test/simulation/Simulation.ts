import type { Quota } from "@berth/domain/Quota"
import { Callers } from "./Callers.ts"
import { checkQuiet, checkStep } from "./Checks.ts"
import type { Guard } from "./Guards.ts"
import { type Kind, kindsOf } from "./Kinds.ts"
import { LedgerModel } from "./ledger/LedgerModel.ts"
import { edit } from "./ledger/SeatConfigModel.ts"
import { slotsMax } from "./Network.ts"
import { RedisModel } from "./redis/RedisModel.ts"
import { SchedulerWork } from "./SchedulerWork.ts"
import { Servers } from "./Servers.ts"
import { violated, Violation } from "./Violation.ts"
import { World } from "./World.ts"

const actionsMax = 24
/** Steps after which something turns in a circle. */
const stepsMax = 5_000
/** Passes after which a promoter that is left alone must have finished. */
const passesMax = 10

export interface Outcome {
  readonly seed: number
  readonly steps: number
  readonly bookings: number
  readonly violation: { readonly promise: string; readonly message: string } | undefined
  /** What happened, where it was asked for. */
  readonly trace: ReadonlyArray<string>
}

class Simulation {
  readonly world: World
  readonly redis: RedisModel
  readonly ledger: LedgerModel
  private readonly servers: Servers
  private readonly callers: Callers
  private readonly scheduler: SchedulerWork
  private readonly kinds: ReadonlyArray<Kind>
  steps = 0

  constructor(seed: number, off: ReadonlySet<Guard>, traced: boolean, slow: string | undefined) {
    this.world = new World({ seed, off, traced, slow })
    const berths = 2 + this.world.chance.below(3)
    this.redis = new RedisModel(this.world)
    this.ledger = new LedgerModel(
      this.world,
      Array.from(
        { length: slotsMax },
        (_, slot): Quota | undefined => slot < berths ? "GN" : slot === berths ? "TQ" : undefined
      )
    )
    this.redis.numberOf = (holdId) => this.ledger.numberOf(holdId)
    const stores = { world: this.world, redis: this.redis, ledger: this.ledger }
    this.servers = new Servers(stores)
    this.callers = new Callers(stores, this.servers)
    this.scheduler = new SchedulerWork(stores, this.servers)
    this.kinds = kindsOf(this.world.chance)
  }

  private act(): void {
    const kind = this.world.chance.pick(this.kinds)
    const earlier = this.callers.pickEarlier()
    switch (kind) {
      case "book":
        return this.callers.bookAnew()
      case "repeat":
        return earlier === undefined ? undefined : this.callers.book(earlier)
      case "misuse":
        return earlier === undefined ? undefined : this.callers.misuse(earlier)
      case "cancel":
        return earlier?.pnr === undefined ? undefined : this.callers.cancel(earlier.pnr)
      case "promote":
        return this.scheduler.promote()
      case "sweep":
        return this.scheduler.sweep()
      case "release":
        return this.scheduler.repeatReleases()
      case "edit":
        return edit(this.ledger)
      case "apply":
        return this.scheduler.apply()
      case "rebuild":
        return this.scheduler.rebuild()
      case "load":
        return this.scheduler.load()
      case "reconcile":
        return this.scheduler.reconcile()
      case "lookAtRedis":
        return this.scheduler.lookAtRedis()
      case "crash":
        return this.servers.crash()
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

  private settle(): boolean {
    const stepped = this.world.step()
    this.scheduler.sweepIfDue()
    this.steps++
    if (this.servers.broken !== undefined) throw this.servers.broken
    checkStep(this.redis, this.ledger)
    if (this.steps > stepsMax) violated("everything comes to an end", `${stepsMax} steps were not enough`)
    return stepped
  }

  private untilIdle(): void {
    let busy = true
    while (busy) busy = this.settle()
  }

  private promoteAll(passes: number): void {
    if (passes === 0) violated("the promoter finishes", `not after ${passesMax} passes`)
    let done = false
    this.scheduler.promote((clear) => {
      done = clear
    })
    this.untilIdle()
    if (!done) this.promoteAll(passes - 1)
  }

  /** Brings everything to an end that was begun: what the fibers that keep time do, without their waiting. */
  private quiesce(): void {
    this.world.note(() => "no more faults")
    this.world.faults = false
    this.untilIdle()
    this.world.time.jump(61_000)
    this.scheduler.lookAtRedis()
    this.untilIdle()
    this.scheduler.load()
    this.untilIdle()
    this.scheduler.apply()
    this.untilIdle()
    this.scheduler.repeatReleases()
    this.untilIdle()
    this.scheduler.sweep()
    this.untilIdle()
    this.promoteAll(passesMax)
    let mended: ReadonlyArray<number> = []
    this.scheduler.reconcile((runs) => {
      mended = runs
    })
    this.untilIdle()
    if (mended.length > 0) violated("Redis says what the record says", "the reconciler had to load the run again")
    checkQuiet(this.redis, this.ledger)
  }

  run(): void {
    this.scheduler.lookAtRedis()
    this.scheduler.load()
    for (let actions = 0; actions < actionsMax;) {
      if (!this.world.busy || this.world.callsUnderWay < 8 && this.world.chance.happens(0.2)) {
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
