import { Context, Effect, type Fiber, Layer } from "effect"
import { randomBytes } from "node:crypto"
import { showUnderWay } from "./RequestMetrics.ts"

/** Requests under way at once; more would only wait for the stores. */
export const requestsMax = 2_048

const saneId = /^[A-Za-z0-9._:-]{1,64}$/

/** A request under way. */
export interface UnderWay {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly startNanos: bigint
  late: boolean
}

/** The requests that a server works on, and their ids; of those that are answered at once, the ids alone. */
export class RequestsUnderWay extends Context.Service<RequestsUnderWay>()("@berth/server/RequestsUnderWay", {
  make: Effect.sync(() => {
    const server = randomBytes(6).toString("base64url")
    const requests = new Set<UnderWay>()
    let numbered = 0
    showUnderWay(() => requests.size)
    return {
      requests,
      isFull: (): boolean => requests.size >= requestsMax,
      /** The id that a caller has given, where it is one, else the next of this server. */
      idOf: (given: string | undefined): string =>
        given !== undefined && saneId.test(given) ? given : `${server}-${(++numbered).toString(36)}`
    }
  })
}) {
  static readonly layer = Layer.effect(RequestsUnderWay, RequestsUnderWay.make)
}
