import { Duration, Effect, Layer, Schedule } from "effect"
import { Waitlist } from "../ledger/Waitlist.ts"
import { Promoter } from "./Promoter.ts"
import { PromotionQueue } from "./PromotionQueue.ts"

/** Runs promoted at once. */
const workers = 4

/** How soon a pass is repeated that found a booking on its way to the waitlist, or lost a race. */
const repeatAfter = "200 millis"

/** How long after a round over every run on which somebody waits the next one begins, whatever was or was not noticed. */
const roundEvery = "3 seconds"

/**
 * A round rests after each run so many times as long as it took. Nearly always there is nothing to do, and a nation has
 * thousands of them: a thousand, all woken every three seconds, were measured to leave bookings a third of the processors.
 */
const restTimes = 9

/** Promotes where legs were set free: at once where this process freed them, within seconds where another did. */
export const layer = Layer.effectDiscard(Effect.gen(function*() {
  const queue = yield* PromotionQueue
  const promoter = yield* Promoter
  const waitlist = yield* Waitlist
  const scope = yield* Effect.scope

  const again = (runId: number) => Effect.forkIn(Effect.andThen(Effect.sleep(repeatAfter), queue.wake(runId)), scope)
  const promote = (runId: number) =>
    promoter.promote(runId).pipe(
      Effect.flatMap((done) => done ? Effect.void : again(runId)),
      Effect.catchCause((cause) => Effect.andThen(Effect.logWarning("Could not promote", cause), again(runId)))
    )
  const worker = Effect.flatMap(queue.take, promote)
  yield* Effect.forEach(Array.from({ length: workers }), () => Effect.forkScoped(Effect.forever(worker)), {
    discard: true
  })

  const promoteAndRest = (runId: number) =>
    Effect.flatMap(Effect.timed(promote(runId)), ([took]) => Effect.sleep(Duration.times(took, restTimes)))
  yield* waitlist.runsWaiting.pipe(
    Effect.flatMap((runs) => Effect.forEach(runs, promoteAndRest, { discard: true })),
    Effect.catchTag("StoreUnavailable", () => Effect.void),
    Effect.repeat(Schedule.spaced(roundEvery)),
    Effect.forkScoped
  )
}))
