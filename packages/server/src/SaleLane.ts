import { SaleApi } from "@berth/domain/BerthApi"
import { Roster, type Rostered } from "@berth/engine/Roster"
import type { Booked } from "@berth/engine/sale/BookingAttempt"
import { collectsTraces } from "@berth/engine/telemetry/Traced"
import { Cause, Context, Effect, Exit, Latch, Layer, References } from "effect"
import { HttpServerRespondable, HttpServerResponse } from "effect/http"
import type { IncomingMessage, ServerResponse } from "node:http"
import { guarded, guards } from "./AnswerHeaders.ts"
import { bookingIn } from "./BookingBody.ts"
import { bodyText, completed, fromCause } from "./ProblemResponse.ts"
import { bodyBytesMax, tooSlow } from "./RequestEnvelope.ts"
import { record } from "./RequestMetrics.ts"
import { requestsMax, RequestsUnderWay } from "./RequestsUnderWay.ts"
import type { RequestTaker } from "./RequestTakers.ts"
import { makeSell, placeOf } from "./SaleRoute.ts"
import { makeTurns } from "./Turns.ts"

/** How long a stop waits for the bookings under way. */
const stopMillisMax = 10_000

const { method, path } = SaleApi.endpoints.book

/** A whole body of a length that is told and allowed; whatever is out of the common goes the common way. */
const isPlainSale = ({ headers, method: asked, url }: IncomingMessage): boolean =>
  asked === method && url === path && Number(headers["content-length"]) <= bodyBytesMax &&
  headers["transfer-encoding"] === undefined && headers.expect === undefined

const readText = (request: IncomingMessage, done: (text: string) => void): void => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    const [first] = chunks
    done(first !== undefined && chunks.length === 1 ? first.toString() : Buffer.concat(chunks).toString())
  })
}

const one = (value: string | ReadonlyArray<string> | undefined): string | undefined =>
  typeof value === "string" ? value : value?.join(", ")

const answerSold = (response: ServerResponse, { booking, replayed }: Booked, requestId: string): number => {
  const text = JSON.stringify(booking)
  const status = replayed ? 200 : 201
  response.writeHead(status, {
    ...guards,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    location: placeOf(booking),
    "x-request-id": requestId
  })
  response.end(text)
  return status
}

/** A refusal up to the id of its request, which comes last in it. */
interface Refusal {
  readonly status: number
  readonly headers: HttpServerResponse.HttpServerResponse["headers"]
  readonly text: string
}

// By the error: a crowd that is refused for one reason is refused with one error.
const known = new WeakMap<object, Refusal>()

const learn = (error: object, answer: HttpServerResponse.HttpServerResponse, requestId: string): void => {
  const text = bodyText(answer)
  const end = `${JSON.stringify(requestId)}}`
  if (text.endsWith(end)) {
    known.set(error, { status: answer.status, headers: answer.headers, text: text.slice(0, -end.length) })
  }
}

const answerRefused = (response: ServerResponse, { headers, status, text }: Refusal, requestId: string): number => {
  const whole = `${text}${JSON.stringify(requestId)}}`
  response.writeHead(status, {
    ...headers,
    ...guards,
    "content-length": Buffer.byteLength(whole),
    "x-request-id": requestId
  })
  response.end(whole)
  return status
}

const answerOther = (response: ServerResponse, answer: HttpServerResponse.HttpServerResponse): number => {
  response.writeHead(answer.status, answer.headers)
  response.end(bodyText(answer))
  return answer.status
}

/** A sale from its headers until its answer has left. */
interface Serving extends Rostered {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Ends what can be ended of it. */
  interrupt: (() => void) | undefined
}

/** Sells what a body that was read whole asks for, and answers. */
const makeServe = Effect.gen(function*() {
  const sell = yield* makeSell
  const requests = yield* RequestsUnderWay
  const context = yield* Effect.context<never>()

  return (sale: Serving, text: string): void => {
    const { request: { headers }, response } = sale
    const requestId = requests.idOf(one(headers["x-request-id"]))
    const failed = { method, requestId, bytesMax: bodyBytesMax }
    const fork = Effect.runForkWith(Context.add(context, References.CurrentLogAnnotations, { requestId }))
    const selling = sell(
      { authorization: headers.authorization, "idempotency-key": one(headers["idempotency-key"]) },
      bookingIn(headers["content-type"], text)
    )
    const fiber = fork(selling)
    sale.interrupt = () => fiber.interruptUnsafe()
    const underWay = requests.begin(sale.interrupt)
    const answered = (status: number) => {
      requests.end(underWay)
      record({ method, route: path, status, seconds: requests.secondsSince(underWay) })
    }
    const refuse = (refusal: Effect.Effect<HttpServerResponse.HttpServerResponse>, error?: object) =>
      fork(Effect.match(Effect.flatMap(refusal, (answer) => completed(answer, failed)), {
        onSuccess: (answer) => {
          if (error !== undefined) learn(error, answer, requestId)
          answered(answerOther(response, guarded(answer, requestId)))
        },
        onFailure: () => answered(answerOther(response, HttpServerResponse.empty({ status: 500 })))
      }))
    fiber.addObserver((exit) => {
      if (Exit.isSuccess(exit)) {
        return answered(answerSold(response, exit.value, requestId))
      }
      const failure = exit.cause.reasons.find(Cause.isFailReason)
      const refusal = failure === undefined ? undefined : known.get(failure.error)
      if (refusal !== undefined) {
        answered(answerRefused(response, refusal, requestId))
      } else if (failure !== undefined) {
        refuse(HttpServerRespondable.toResponse(failure.error), failure.error)
      } else if (underWay.late) {
        refuse(HttpServerRespondable.toResponse(tooSlow))
      } else if (response.destroyed) {
        requests.end(underWay)
      } else if (Cause.hasInterruptsOnly(exit.cause)) {
        refuse(Effect.succeed(HttpServerResponse.empty({ status: 503 })))
      } else {
        refuse(fromCause(Cause.die(Cause.squash(exit.cause)), failed))
      }
    })
  }
})

const make = Effect.gen(function*() {
  const serve = yield* makeServe
  const requests = yield* RequestsUnderWay
  const isTraced = yield* collectsTraces
  const serving = new Roster<Serving>()
  const turns = yield* makeTurns
  const idle = yield* Latch.make(true)

  const take = (request: IncomingMessage, response: ServerResponse): boolean => {
    if (isTraced || !isPlainSale(request) || requests.isFull() || serving.size >= requestsMax) {
      return false
    }
    const sale: Serving = { request, response, interrupt: undefined, place: 0 }
    serving.add(sale)
    idle.closeUnsafe()
    // Listeners that stay cost less than those that leave once they are called.
    response.on("close", () => {
      serving.delete(sale)
      if (serving.size === 0) idle.openUnsafe()
      // A caller who hangs up ends what can be ended; a booking under way is finished first.
      if (!response.writableEnded) sale.interrupt?.()
    })
    readText(request, (text) =>
      turns.take(() => {
        // Who has gone by now is sold nothing.
        if (!response.destroyed) serve(sale, text)
      }))
    return true
  }
  const breakOff = () => {
    for (const { response } of serving.all()) response.destroy()
  }
  return { take, idle: idle.await, breakOff }
})

/**
 * The sale beside the router, on Node: a booking of the usual form is read, sold and answered on Node's own objects, which
 * was measured to take a sixth off the server's time for it. The answers are those of `SaleRoute`, which sells what comes
 * in any other form, and on other runtimes. Traces begin at the router: with a collector nothing goes this way.
 */
export const layer = (show: (taker: RequestTaker) => () => void) =>
  Layer.effectDiscard(Effect.gen(function*() {
    const { breakOff, idle, take } = yield* make
    // Before what sells is closed, what is under way is answered. A body that does not come would hold up the stop for
    // ever: a server that is being closed looks for late requests no more.
    yield* Effect.acquireRelease(
      Effect.sync(() => show(take)),
      (leave) =>
        Effect.andThen(
          Effect.sync(leave),
          Effect.timeoutOrElse(idle, { duration: stopMillisMax, orElse: () => Effect.sync(breakOff) })
        )
    )
  }))
