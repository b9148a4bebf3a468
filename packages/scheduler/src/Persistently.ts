import { note, timed } from "@berth/engine/metrics/Series"
import { type Duration, Effect, Schedule } from "effect"
import { failures, taskSeconds } from "./SchedulerMetrics.ts"

const backOff = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")]).pipe(Schedule.jittered)

/** Runs a task again after each failure, however long the stores are away, and says so. */
export const persistently = <A, E, R>(task: string, self: Effect.Effect<A, E, R>): Effect.Effect<A, never, R> => {
  const failed = failures(task)
  return self.pipe(
    Effect.sandbox,
    Effect.tapError(() => Effect.sync(() => note(failed, 1))),
    Effect.tapError((cause) => Effect.logWarning(`Could not ${task}; trying again`, cause)),
    Effect.retry(backOff),
    Effect.orDie
  )
}

/** Starts a task that is repeated at an interval for as long as the scope lives. */
export const every = <A, E, R>(task: string, interval: Duration.Input, work: Effect.Effect<A, E, R>) =>
  Effect.forkScoped(persistently(task, Effect.repeat(timed(taskSeconds(task))(work), Schedule.spaced(interval))))
