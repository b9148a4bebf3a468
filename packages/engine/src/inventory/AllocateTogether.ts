import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Effect, Exit } from "effect"
import { collectsTraces } from "../telemetry/Traced.ts"
import { allocate, type Asked, isAlike } from "./AllocateScript.ts"
import type { AllocateReply } from "./Inventory.ts"
import type { ManagedRedis } from "./ManagedRedis.ts"

/** Parties that one call seats at most: Redis does nothing else meanwhile. */
const partiesMax = 16

interface Waiting extends Asked {
  readonly answer: (reply: Effect.Effect<AllocateReply, StoreUnavailable>) => void
}

type Call = [Waiting, ...Array<Waiting>]

const replyTo = (replies: ReadonlyArray<AllocateReply>, n: number): Effect.Effect<AllocateReply> => {
  const reply = replies[n]
  return reply === undefined ? Effect.die(new Error(`no reply to party ${n} of a call`)) : Effect.succeed(reply)
}

/** The first of them makes the call, and tells the others what came of it. */
const send = (redis: ManagedRedis["Service"], call: Call): void => {
  const [first, ...others] = call
  const tellOthers = (exit: Exit.Exit<ReadonlyArray<AllocateReply>, StoreUnavailable>) =>
    Effect.sync(() => {
      others.forEach(({ answer }, n) => {
        answer(Exit.isSuccess(exit) ? replyTo(exit.value, n + 1) : Effect.failCause(exit.cause))
      })
    })
  const replies = allocate(redis, call)
  first.answer(
    Effect.flatMap(others.length === 0 ? replies : Effect.onExit(replies, tellOthers), (all) => replyTo(all, 0))
  )
}

/**
 * Seats parties. Those who ask for berths of one run, class and quota before the code that runs now has come to its end are seated
 * in one call, in the order of their asking: what a call costs beside the seats, here and in Redis, they share. Nobody can be
 * interrupted meanwhile, for others may wait for the same answer, which comes within the time that Redis has for it. Where
 * traces are kept each has a call of its own, so that its trace shows it.
 */
export const makeAllocate = Effect.fnUntraced(function*(redis: ManagedRedis["Service"]) {
  const isTraced = yield* collectsTraces
  let gathered: Array<Call> = []

  const sendAll = (): void => {
    const calls = gathered
    gathered = []
    for (const call of calls) send(redis, call)
  }
  const gather = (waiting: Waiting): void => {
    const call = gathered.find((other) => other.length < partiesMax && isAlike(other[0], waiting))
    if (call !== undefined) {
      call.push(waiting)
    } else if (gathered.push([waiting]) === 1) {
      queueMicrotask(sendAll)
    }
  }

  return (asked: Asked): Effect.Effect<AllocateReply, StoreUnavailable> =>
    isTraced
      ? Effect.flatMap(allocate(redis, [asked]), (replies) => replyTo(replies, 0))
      : Effect.uninterruptible(Effect.callback((resume) => gather({ ...asked, answer: resume })))
})
