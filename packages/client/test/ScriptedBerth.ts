import { Clock, Deferred, Effect, Fiber, Layer, type Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { BookingClient } from "../src/BookingClient.ts"
import type { Connection } from "../src/Connection.ts"

export const url = "http://berth.test"

/** A request as it arrived, and when on the test's clock. */
export interface Arrival {
  readonly path: string
  readonly headers: Headers
  readonly body: string
  readonly atMillis: number
}

/** How a scripted server deals with one request. */
export type Act = (arrival: Arrival) => Promise<Response>

/** A connection that breaks before an answer is there. */
export const drop: Act = () =>
  Promise.reject(new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:1") }))

/** A connection that breaks in the middle of an answer. */
export const cutShort: Act = () =>
  Promise.resolve(
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode(`{"pnr":`)),
        pull: (controller) => controller.error(new Error("socket hang up"))
      }),
      { headers: { "content-type": "application/json" } }
    )
  )

export const silence: Act = () => new Promise(() => {})

/** An answer of plain HTTP, as from whatever stands between or before the calls. */
export const plain = (status: number, body: string, headers: Record<string, string> = {}): Act => () =>
  Promise.resolve(new Response(body, { status, headers }))

interface Problem extends Readonly<Record<string, unknown>> {
  readonly status: number
}

const problem = (document: Problem) =>
  plain(document.status, JSON.stringify(document), { "content-type": "application/problem+json" })

/** The same answers in the words of each transport. */
export interface Wire {
  readonly name: string
  readonly layer: (connection: Connection) => Layer.Layer<BookingClient>
  readonly succeed: (value: unknown) => Act
  readonly refuse: (document: Problem) => Act
  /** The server breaks during the call. */
  readonly breakDown: Act
  /** The server stops during the call. */
  readonly stop: Act
}

export const http: Wire = {
  name: "over HTTP",
  layer: BookingClient.layerHttp,
  succeed: (value) => plain(200, JSON.stringify(value), { "content-type": "application/json" }),
  refuse: problem,
  breakDown: problem({ _tag: "InternalError", status: 500 }),
  stop: plain(503, "")
}

const lines = (messages: ReadonlyArray<unknown>) => messages.map((message) => `${JSON.stringify(message)}\n`).join("")

const requestId = (arrival: Arrival): unknown => JSON.parse(arrival.body).id

const exit = (result: unknown): Act => (arrival) =>
  Promise.resolve(new Response(lines([{ _tag: "Exit", requestId: requestId(arrival), exit: result }])))

const failWith = (reason: unknown) => exit({ _tag: "Failure", cause: [reason] })

export const rpc: Wire = {
  name: "over RPC",
  layer: BookingClient.layerRpc,
  succeed: (value) => exit({ _tag: "Success", value }),
  refuse: (error) => failWith({ _tag: "Fail", error }),
  breakDown: failWith({ _tag: "Die", defect: "broken" }),
  stop: failWith({ _tag: "Interrupt", fiberId: 1 })
}

/** A stream of remote calls that says some values and then stays silent, or breaks. */
export const rpcStream = (values: ReadonlyArray<unknown>, then: "silence" | "break"): Act => (arrival) =>
  Promise.resolve(
    new Response(
      new ReadableStream({
        start: (controller) => {
          controller.enqueue(
            new TextEncoder().encode(lines([{ _tag: "Chunk", requestId: requestId(arrival), values }]))
          )
        },
        pull: (controller) => then === "break" ? controller.error(new Error("reset")) : new Promise(() => {})
      })
    )
  )

/** A server that plays its acts in order, the last one again and again, and writes down who came. */
export const make = Effect.fnUntraced(function*(acts: readonly [Act, ...Array<Act>]) {
  const clock = yield* Clock.Clock
  const arrivals: Array<Arrival> = []
  const first = yield* Deferred.make<void>()
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    const arrival: Arrival = {
      path: request.url.slice(url.length),
      headers: request.headers,
      body: await request.text(),
      atMillis: clock.currentTimeMillisUnsafe()
    }
    const act = acts[Math.min(arrivals.length, acts.length - 1)] ?? acts[0]
    arrivals.push(arrival)
    Deferred.doneUnsafe(first, Effect.void)
    return act(arrival)
  }
  const client = (wire: Wire, token?: Redacted.Redacted) =>
    wire.layer({ url, ...(token === undefined ? {} : { token }) }).pipe(
      Layer.provide(Layer.succeed(FetchHttpClient.Fetch, fetch))
    )
  return { arrivals, arrived: Deferred.await(first), client }
})

const stepMillis = 100

/** Lets the test's clock run until the effect is done. */
export const runOut = Effect.fnUntraced(function*<A, E, R>(effect: Effect.Effect<A, E, R>) {
  const fiber = yield* Effect.forkChild(effect)
  while (fiber.pollUnsafe() === undefined) {
    yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    yield* TestClock.adjust(stepMillis)
  }
  return yield* Fiber.join(fiber)
})
