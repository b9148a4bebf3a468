import { Roster, type Rostered } from "@berth/engine/Roster"
import { Clock, Context, Effect, Layer, Schedule } from "effect"
import { randomBytes } from "node:crypto"
import { showUnderWay } from "./RequestMetrics.ts"

/** Requests under way at once; more would only wait for the stores. */
export const requestsMax = 2_048

/** Time from a request's headers to its answer. */
export const requestMillisMax = 30_000
const lookForLateEvery = "1 second"

const saneId = /^[A-Za-z0-9._:-]{1,64}$/

/** A request under way. */
export interface UnderWay extends Rostered {
  readonly startNanos: bigint
  /** Ends what is done for it. */
  readonly interrupt: () => void
  /** Whether it was ended because it took too long. */
  late: boolean
}

const make = Effect.gen(function*() {
  const process = randomBytes(6).toString("base64url")
  const requests = new Roster<UnderWay>()
  const clock = yield* Clock.Clock
  const nowNanos = () => clock.currentTimeNanosUnsafe()
  let numbered = 0
  showUnderWay(() => requests.size)

  // One look at all of them now and then: a timer and a fiber for each request were measured to cost a fifth of answering
  // a short one.
  const endLate = Effect.sync(() => {
    const latest = nowNanos() - BigInt(requestMillisMax) * 1_000_000n
    for (const request of requests.all()) {
      if (!request.late && request.startNanos < latest) {
        request.late = true
        request.interrupt()
      }
    }
  })
  yield* Effect.forkScoped(Effect.repeat(endLate, Schedule.spaced(lookForLateEvery)))

  return RequestsUnderWay.of({
    isFull: () => requests.size >= requestsMax,
    begin: (interrupt) => {
      const request = { startNanos: nowNanos(), interrupt, late: false, place: 0 }
      requests.add(request)
      return request
    },
    end: (request) => {
      requests.delete(request)
    },
    secondsSince: ({ startNanos }) => Number(nowNanos() - startNanos) / 1e9,
    idOf: (given) => given !== undefined && saneId.test(given) ? given : `${process}-${(++numbered).toString(36)}`
  })
})

/** The requests that a server is answering, whichever way they came: so many at most, and none for ever. */
export class RequestsUnderWay extends Context.Service<RequestsUnderWay, {
  isFull(): boolean
  /** Counts a request; `interrupt` is called where it takes too long. */
  begin(interrupt: () => void): UnderWay
  end(request: UnderWay): void
  secondsSince(request: UnderWay): number
  /** What an answer calls its request: what the caller does, where that is sane. */
  idOf(given: string | undefined): string
}>()("@berth/server/RequestsUnderWay") {
  static readonly layer = Layer.effect(RequestsUnderWay, make)
}
