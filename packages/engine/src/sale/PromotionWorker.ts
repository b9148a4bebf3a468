import { Effect, Layer, Schedule } from "effect"
import { Waitlist } from "../ledger/Waitlist.ts"
import { Promoter } from "./Promoter.ts"
import { PromotionQueue } from "./PromotionQueue.ts"

/** Runs promoted at once. */
const workers = 4

/** How soon a pass is repeated that found a booking on its way to the waitlist, or lost a race. */
const repeatAfter = "200 millis"

/** How often every run on which somebody waits is looked at, whatever was or was not noticed. */
const roundEvery = "3 seconds"

/** Promotes where legs were set free: at once where this process freed them, within seconds where another did. */
export const layer = Layer.effectDiscard(Effect.gen(function*() {
  const queue = yield* PromotionQueue
  const promoter = yield* Promoter
  const waitlist = yield* Waitlist
  const scope = yield* Effect.scope

  const again = (runId: number) => Effect.forkIn(Effect.andThen(Effect.sleep(repeatAfter), queue.wake(runId)), scope)
  const worker = Effect.gen(function*() {
    const runId = yield* queue.take
    yield* promoter.promote(runId).pipe(
      Effect.flatMap((done) => done ? Effect.void : again(runId)),
      Effect.catchCause((cause) => Effect.andThen(Effect.logWarning("Could not promote", cause), again(runId)))
    )
  })
  yield* Effect.forEach(Array.from({ length: workers }), () => Effect.forkScoped(Effect.forever(worker)), {
    discard: true
  })

  yield* waitlist.runsWaiting.pipe(
    Effect.flatMap((runs) => Effect.forEach(runs, queue.wake, { discard: true })),
    Effect.catchTag("StoreUnavailable", () => Effect.void),
    Effect.repeat(Schedule.spaced(roundEvery)),
    Effect.forkScoped
  )
}))
