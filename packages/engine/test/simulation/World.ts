import { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { type Context, Effect, type Exit, type Scheduler } from "effect"
import { Chance } from "./Chance.ts"
import type { Guard } from "./Guards.ts"
import type { Process } from "./Process.ts"
import { Time } from "./Time.ts"

export type Store = "redis" | "postgresql"

/** After this long a process gives a call to Redis up; the call may take effect later. */
const redisMillisMax = 3_000

/** A transaction that lasts longer is rolled back. */
const transactionMillisMax = 10_000

const unavailable = {
  redis: new StoreUnavailable({ store: "redis", retryAfterSeconds: 1, detail: "Redis does not answer." }),
  postgresql: new StoreUnavailable({ store: "postgresql", retryAfterSeconds: 2, detail: "The record is away." })
}

/** A call on its way to a store, or its answer on its way back. */
interface Call {
  readonly process: Process
  readonly store: Store
  readonly name: string
  readonly askedMillis: number
  /** Whether its transaction begins and commits at different times. */
  readonly long: boolean
  readonly execute: (beganMillis: number) => void
  readonly answer: () => void
  readonly fail: () => void
  beganMillis: number | undefined
  stage: "asked" | "answered"
  /** Nobody waits for the answer any more. */
  orphan: boolean
}

/** One kind of call is slow in a seed, or none. */
const slowCalls = [
  "none",
  "none",
  "allocate",
  "commit",
  "judge",
  "release",
  "load",
  "open",
  "cancel",
  "set",
  "find",
  "promote",
  "appl",
  "sold",
  "facts"
]

/** Jumps of the clock: within a booking, past the deadlines of calls, commits and holds, past a cache's minute. */
const jumpsMillis = [1, 50, 200, 1_000, 3_500, 8_000, 14_000, 16_000, 31_000, 42_000, 61_000]

/**
 * Time, chance and the ways between processes and stores. Every call of a store waits here until chance lets it take
 * effect, and its answer may be lost, late, or find nobody; nothing else in a simulation waits.
 */
export class World {
  readonly time = new Time(() => this.runTasks())
  readonly chance: Chance
  readonly off: ReadonlySet<Guard>
  readonly trace: Array<string> | undefined
  /** Whether chance does more than to order calls: answers are lost, time passes. */
  faults = true
  /** How much of it, of 1. */
  private readonly faultShare: number
  /** Calls whose name begins so are long on their way. */
  private readonly slow: string
  private calls: Array<Call> = []
  private tasks: Array<() => void> = []
  readonly scheduler: Scheduler.Scheduler = {
    executionMode: "sync",
    shouldYield: () => false,
    makeDispatcher: () => ({
      scheduleTask: (task) => void this.tasks.push(task),
      flush: () => this.runTasks()
    })
  }

  constructor(options: {
    readonly seed: number
    readonly off: ReadonlySet<Guard>
    readonly traced: boolean
    readonly slow: string | undefined
  }) {
    this.chance = new Chance(options.seed)
    this.off = options.off
    this.trace = options.traced ? [] : undefined
    this.faultShare = this.chance.pick([0.1, 0.4, 1])
    const slow = this.chance.pick(slowCalls)
    this.slow = options.slow ?? slow
  }

  guarded(guard: Guard): boolean {
    return !this.off.has(guard)
  }

  note(line: () => string): void {
    this.trace?.push(`${this.time.secondsText.padStart(8)}  ${line()}`)
  }

  /** What a process asks of a store: `work` takes place at once or not at all, some time from now. */
  call<A>(
    process: Process,
    store: Store,
    name: string,
    work: (beganMillis: number) => A,
    long = false
  ): Effect.Effect<A, StoreUnavailable> {
    return Effect.callback<A, StoreUnavailable>((resume) => {
      if (!process.alive) return
      let done: Effect.Effect<A> | undefined
      this.calls.push({
        process,
        store,
        name,
        long,
        askedMillis: this.time.millis,
        beganMillis: undefined,
        stage: "asked",
        orphan: false,
        execute: (beganMillis) => {
          const result = work(beganMillis)
          this.note(() => `  ${process.name} ${name} = ${JSON.stringify(result)}`)
          done = Effect.succeed(result)
        },
        answer: () => {
          if (process.alive && done !== undefined) resume(done)
        },
        fail: () => {
          if (process.alive) resume(Effect.fail(unavailable[store]))
        }
      })
    })
  }

  /** Starts an effect on a process. */
  start<A, E, R>(context: Context.Context<R>, work: Effect.Effect<A, E, R>, ended: (exit: Exit.Exit<A, E>) => void) {
    Effect.runForkWith(context)(work, { scheduler: this.scheduler }).addObserver(ended)
    this.runTasks()
  }

  /** Ends a process at once. What it has sent may still arrive. */
  kill(process: Process): void {
    process.alive = false
    this.time.forget(process)
    this.calls = this.calls.filter((call) => {
      if (call.process !== process) return true
      call.orphan = true
      if (call.stage === "answered" || this.chance.happens(0.5)) return false
      if (call.store === "postgresql") call.beganMillis ??= this.time.millis
      return true
    })
  }

  get busy(): boolean {
    return this.calls.length > 0 || this.time.isAwaited
  }

  get callsUnderWay(): number {
    return this.calls.length
  }

  /** One step of chance; false where nothing is under way. */
  step(): boolean {
    if (this.faults && this.chance.happens(0.06 * this.faultShare)) this.time.jump(this.chance.pick(jumpsMillis))
    if (this.calls.length > 0) {
      this.move(this.chance.pick(this.calls))
    } else if (this.time.isAwaited) {
      this.time.jumpToNext()
    } else {
      return false
    }
    this.runTasks()
    return true
  }

  private move(call: Call): void {
    if (call.stage === "answered") return this.deliver(call)
    if (this.faults && (call.orphan || call.name.startsWith(this.slow)) && this.chance.happens(0.85)) return
    if (call.store === "postgresql" && call.beganMillis !== undefined) {
      if (this.time.millis - call.beganMillis > transactionMillisMax) return this.giveUp(call, false)
    } else if (call.long && this.faults) {
      call.beganMillis = this.time.millis
      this.note(() => `  ${call.process.name} ${call.name} begins`)
      return
    }
    const late = call.store === "redis" && this.time.millis - call.askedMillis > redisMillisMax
    const fate = this.faults && !call.orphan ? this.chance.share() / this.faultShare : 1
    if (fate < 0.02) return this.giveUp(call, false)
    // It arrives, but long after nobody waits any more.
    if (fate < 0.05 || late && fate < 0.6) return this.giveUp(call, true)
    call.execute(call.beganMillis ?? this.time.millis)
    if (call.orphan) return this.remove(call)
    // The record is asked what became of a commit until it is known, so only its other answers can be lost.
    if (fate < 0.08 && !(call.long && call.store === "postgresql")) return this.giveUp(call, false)
    if (fate < 0.14) {
      call.stage = "answered"
      return
    }
    this.remove(call)
    call.answer()
  }

  private deliver(call: Call): void {
    this.remove(call)
    if (call.store === "redis" && this.time.millis - call.askedMillis > redisMillisMax && this.chance.happens(0.5)) {
      call.fail()
    } else {
      call.answer()
    }
  }

  private giveUp(call: Call, arrives: boolean): void {
    this.note(() => `  ${call.process.name} ${call.name} is not answered${arrives ? ", and arrives later" : ""}`)
    if (arrives && !call.orphan) {
      if (call.store === "postgresql") call.beganMillis ??= this.time.millis
      call.orphan = true
    } else {
      this.remove(call)
    }
    call.fail()
  }

  private remove(call: Call): void {
    this.calls.splice(this.calls.indexOf(call), 1)
  }

  private runTasks(): void {
    let task
    while ((task = this.tasks.shift()) !== undefined) task()
  }
}
