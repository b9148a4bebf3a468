import { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { type Clock, type Context, Duration, Effect, type Exit, Random, type Scheduler } from "effect"
import { type Guard, Violation } from "./Guards.ts"

/** A server or scheduler: what it remembers is lost when it dies, and what it asked may still take effect. */
export interface Process {
  readonly name: string
  alive: boolean
}

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

interface Timer {
  readonly process: Process
  readonly at: number
  readonly wake: () => void
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
  millis = Date.UTC(2026, 11, 1, 6)
  readonly random: Random.Random
  readonly off: ReadonlySet<Guard>
  readonly trace: Array<string> | undefined
  /** Whether chance does more than to order calls: answers are lost, time passes. */
  faults = true
  /** How much of it, of 1. */
  private readonly faultShare: number
  /** Calls whose name begins so are long on their way. */
  private readonly slow: string
  private calls: Array<Call> = []
  private timers: Array<Timer> = []
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
    this.random = Effect.runSync(Random.withSeed(Random.Random, options.seed))
    this.off = options.off
    this.trace = options.traced ? [] : undefined
    this.faultShare = this.pick([0.1, 0.4, 1])
    const slow = this.pick(slowCalls)
    this.slow = options.slow ?? slow
  }

  guarded(guard: Guard): boolean {
    return !this.off.has(guard)
  }

  chance(share: number): boolean {
    return this.random.nextDoubleUnsafe() < share
  }

  below(limit: number): number {
    return Math.floor(this.random.nextDoubleUnsafe() * limit)
  }

  pick<A>(among: ReadonlyArray<A>): A {
    const picked = among[this.below(among.length)]
    if (picked === undefined) throw new RangeError("nothing to pick from")
    return picked
  }

  note(line: () => string): void {
    this.trace?.push(`${((this.millis - Date.UTC(2026, 11, 1, 6)) / 1000).toFixed(3).padStart(8)}  ${line()}`)
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
        askedMillis: this.millis,
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

  /** The clock of a process; the stores have the same time. */
  clockOf(process: Process): Clock.Clock {
    const millis = () => this.millis
    const nanos = () => BigInt(Math.round(this.millis * 1e6))
    return {
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: nanos,
      monotonicTimeNanos: Effect.sync(nanos),
      sleep: (duration) =>
        Effect.callback<void>((resume) => {
          const timer = {
            process,
            at: this.millis + Duration.toMillis(duration),
            wake: () => resume(Effect.void)
          }
          this.timers.push(timer)
          return Effect.sync(() => {
            this.timers = this.timers.filter((other) => other !== timer)
          })
        })
    }
  }

  /** Starts an effect on a process. */
  start<A, E, R>(context: Context.Context<R>, work: Effect.Effect<A, E, R>, ended: (exit: Exit.Exit<A, E>) => void) {
    Effect.runForkWith(context)(work, { scheduler: this.scheduler }).addObserver(ended)
    this.runTasks()
  }

  /** Ends a process at once. What it has sent may still arrive. */
  kill(process: Process): void {
    process.alive = false
    this.timers = this.timers.filter((timer) => timer.process !== process)
    this.calls = this.calls.filter((call) => {
      if (call.process !== process) return true
      call.orphan = true
      if (call.stage === "answered" || this.chance(0.5)) return false
      if (call.store === "postgresql") call.beganMillis ??= this.millis
      return true
    })
  }

  get busy(): boolean {
    return this.calls.length > 0 || this.timers.length > 0
  }

  get callsUnderWay(): number {
    return this.calls.length
  }

  /** One step of chance; false where nothing is under way. */
  step(): boolean {
    if (this.faults && this.chance(0.06 * this.faultShare)) this.jump(this.pick(jumpsMillis))
    if (this.calls.length > 0) {
      this.move(this.pick(this.calls))
    } else if (this.timers.length > 0) {
      this.jump(Math.max(0, Math.min(...this.timers.map(({ at }) => at)) - this.millis))
    } else {
      return false
    }
    this.runTasks()
    return true
  }

  jump(millis: number): void {
    this.millis += millis
    const due = this.timers.filter(({ at }) => at <= this.millis).toSorted((one, other) => one.at - other.at)
    this.timers = this.timers.filter(({ at }) => at > this.millis)
    for (const { process, wake } of due) {
      if (process.alive) wake()
      this.runTasks()
    }
  }

  private move(call: Call): void {
    if (call.stage === "answered") return this.deliver(call)
    if (this.faults && (call.orphan || call.name.startsWith(this.slow)) && this.chance(0.85)) return
    if (call.store === "postgresql" && call.beganMillis !== undefined) {
      if (this.millis - call.beganMillis > transactionMillisMax) return this.giveUp(call, false)
    } else if (call.long && this.faults) {
      call.beganMillis = this.millis
      this.note(() => `  ${call.process.name} ${call.name} begins`)
      return
    }
    const late = call.store === "redis" && this.millis - call.askedMillis > redisMillisMax
    const fate = this.faults && !call.orphan ? this.random.nextDoubleUnsafe() / this.faultShare : 1
    if (fate < 0.02) return this.giveUp(call, false)
    // It arrives, but long after nobody waits any more.
    if (fate < 0.05 || late && fate < 0.6) return this.giveUp(call, true)
    call.execute(call.beganMillis ?? this.millis)
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
    if (call.store === "redis" && this.millis - call.askedMillis > redisMillisMax && this.chance(0.5)) {
      call.fail()
    } else {
      call.answer()
    }
  }

  private giveUp(call: Call, arrives: boolean): void {
    this.note(() => `  ${call.process.name} ${call.name} is not answered${arrives ? ", and arrives later" : ""}`)
    if (arrives && !call.orphan) {
      if (call.store === "postgresql") call.beganMillis ??= this.millis
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

export const violated = (promise: string, how: string): never => {
  throw new Violation(promise, how)
}
