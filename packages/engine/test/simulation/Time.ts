import { type Clock, Duration, Effect } from "effect"
import type { Process } from "./Process.ts"

const startMillis = Date.UTC(2026, 11, 1, 6)

interface Timer {
  readonly process: Process
  readonly at: number
  readonly wake: () => void
}

/** The time of all processes and stores. It stands still until it jumps. */
export class Time {
  millis = startMillis
  private timers: Array<Timer> = []
  private readonly woken: () => void

  /** `woken` comes after each that a jump has woken. */
  constructor(woken: () => void) {
    this.woken = woken
  }

  get secondsText(): string {
    return ((this.millis - startMillis) / 1000).toFixed(3)
  }

  get isAwaited(): boolean {
    return this.timers.length > 0
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

  jump(millis: number): void {
    this.millis += millis
    const due = this.timers.filter(({ at }) => at <= this.millis).toSorted((one, other) => one.at - other.at)
    this.timers = this.timers.filter(({ at }) => at > this.millis)
    for (const { process, wake } of due) {
      if (process.alive) wake()
      this.woken()
    }
  }

  /** Jumps to whoever wakes first. */
  jumpToNext(): void {
    this.jump(Math.max(0, Math.min(...this.timers.map(({ at }) => at)) - this.millis))
  }

  /** Whoever waited on a process wakes no more. */
  forget(process: Process): void {
    this.timers = this.timers.filter((timer) => timer.process !== process)
  }
}
