import { collectsTraces } from "@berth/engine/telemetry/Traced"
import { Clock, Context, Effect, Layer } from "effect"
import { guards } from "./AnswerHeaders.ts"
import { KnownEnquiries } from "./KnownEnquiries.ts"
import { ReaderLimits } from "./ReaderLimits.ts"
import { record } from "./RequestMetrics.ts"
import { RequestsUnderWay } from "./RequestsUnderWay.ts"
import { names, tagged } from "./TaggedJson.ts"

/** As much of a request as can be told before its body. */
export interface LaneRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly hasBody: boolean
  /** The address of the socket. */
  readonly address: string | undefined
  readonly ifNoneMatch: string | undefined
  readonly requestId: string | undefined
  readonly forwardedFor: string | undefined
}

export interface LaneAnswer {
  readonly status: 200 | 304
  readonly headers: Record<string, string>
  /** Empty where there is no body. */
  readonly text: string
}

const answerOf = (value: object, ifNoneMatch: string | undefined, requestId: string): LaneAnswer => {
  const { bytes, headers, tag, text } = tagged(value)
  return ifNoneMatch !== undefined && names(ifNoneMatch, tag)
    ? { status: 304, headers: { ...guards, ...headers, "x-request-id": requestId }, text: "" }
    : {
      status: 200,
      headers: {
        ...guards,
        ...headers,
        "content-type": "application/json",
        "content-length": String(bytes),
        "x-request-id": requestId
      },
      text
    }
}

const make = Effect.gen(function*() {
  const enquiries = yield* KnownEnquiries
  const limits = yield* ReaderLimits
  const underWay = yield* RequestsUnderWay
  const clock = yield* Clock.Clock
  // Where traces are kept each request has its span, and the route makes it.
  const isTraced = yield* collectsTraces

  const enquiry = (request: LaneRequest): LaneAnswer | undefined => {
    const startNanos = clock.currentTimeNanosUnsafe()
    const known = enquiries.find(request.url)
    const value = known?.peek()
    if (known === undefined || value === undefined || !limits.takeNow(request.address, request.forwardedFor)) {
      return undefined
    }
    const answer = answerOf(value, request.ifNoneMatch, underWay.idOf(request.requestId))
    const seconds = Number(clock.currentTimeNanosUnsafe() - startNanos) / 1e9
    record({ method: request.method, route: known.route, status: answer.status, seconds })
    return answer
  }

  return {
    /** The answer where it is at hand; undefined leaves the request to its route. */
    answer: (request: LaneRequest): LaneAnswer | undefined =>
      request.method === "GET" && !request.hasBody && !isTraced && !underWay.isFull() ? enquiry(request) : undefined
  }
})

/**
 * Answers from memory what is asked the most, without the way of a request through routes and fibers, which was measured
 * to cost several times as much as the answer. It knows no rules: whatever it has not at hand, and whatever is refused, is
 * the route's, which answers and so fills the memory.
 */
export class DirectLane extends Context.Service<DirectLane>()("@berth/server/DirectLane", { make }) {
  static readonly layer = Layer.effect(DirectLane, make)
}
