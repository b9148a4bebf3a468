import { CurrentUser } from "@berth/domain/Auth"
import { Overloaded } from "@berth/domain/ServiceErrors"
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect"
import { Cause, Effect, FiberSet, Option, Schema, Stream } from "effect"
import { Headers } from "effect/http"
import { randomBytes } from "node:crypto"
import { admit, bearerOf } from "../Authentication.ts"
import { requestsMax } from "../RequestsUnderWay.ts"
import { internalError } from "../TransportProblems.ts"
import { type ProblemLike, toConnectError } from "./GrpcProblems.ts"

/** Time that a call takes at most, unless its caller sets a shorter one; a watch has none. */
const callMillisMax = 30_000

const tooSlow = new Overloaded({
  retryAfterSeconds: 5,
  detail: `The answer took longer than ${callMillisMax / 1000} s. Try again in 5 s, a booking with the same key.`
})

const busy = new Overloaded({
  retryAfterSeconds: 1,
  detail: "More calls are under way than the server takes. Try again in a second."
})

const isProblem: (error: unknown) => error is ProblemLike = Schema.is(
  Schema.Struct({ _tag: Schema.String, status: Schema.Int, detail: Schema.String })
)

/** What the caller learns of a failure. What nobody foresaw is logged under an id, which is all that the caller gets. */
const reported = (context: HandlerContext) =>
  Effect.fnUntraced(function*(cause: Cause.Cause<unknown>) {
    const error = Option.getOrUndefined(Cause.findErrorOption(cause))
    if (isProblem(error)) {
      return yield* Effect.fail(toConnectError(error))
    }
    if (Cause.hasInterruptsOnly(cause)) {
      return yield* Effect.interrupt
    }
    const requestId = randomBytes(9).toString("base64url")
    yield* Effect.logError("A call failed unforeseen", cause).pipe(
      Effect.annotateLogs({ requestId, call: `${context.service.typeName}/${context.method.name}` })
    )
    const failed = toConnectError(internalError)
    failed.metadata.set("x-request-id", requestId)
    return yield* Effect.fail(failed)
  })

/** Why a call ended that was cut short: its deadline, or whoever stopped it. */
const reasonOf = ({ signal }: HandlerContext): ConnectError =>
  signal.aborted
    ? ConnectError.from(signal.reason, Code.Canceled)
    : new ConnectError("The server stops. Try again.", Code.Unavailable)

const aborted = (context: HandlerContext) =>
  Effect.callback<never, ConnectError>((resume) => {
    const fail = () => resume(Effect.fail(reasonOf(context)))
    if (context.signal.aborted) {
      return fail()
    }
    context.signal.addEventListener("abort", fail)
    return Effect.sync(() => context.signal.removeEventListener("abort", fail))
  })

/** Runs the calls of one listener; they end with its scope, and a booking under way is finished first. */
export const makeGrpcCalls = Effect.gen(function*() {
  const admitted = yield* admit
  const services = yield* Effect.context()
  const run = yield* FiberSet.makeRuntimePromise()
  let underWay = 0

  const counted = <A, E>(call: Effect.Effect<A, E>) =>
    Effect.suspend((): Effect.Effect<A, E | Overloaded> => {
      if (underWay >= requestsMax) {
        return Effect.fail(busy)
      }
      underWay++
      return Effect.ensuring(
        call,
        Effect.sync(() => {
          underWay--
        })
      )
    })

  return {
    /** Runs a call until its caller goes, or its deadline. */
    answer: async <A>(context: HandlerContext, call: Effect.Effect<A, ProblemLike>): Promise<A> => {
      const limited = counted(call).pipe(
        Effect.timeoutOrElse({ duration: callMillisMax, orElse: () => Effect.fail(tooSlow) }),
        Effect.catchCause(reported(context))
      )
      try {
        return await run(limited, { signal: context.signal })
      } catch (error) {
        throw error instanceof ConnectError ? error : reasonOf(context)
      }
    },

    /** Runs a stream until its caller goes, or its deadline. */
    stream: <A>(context: HandlerContext, answers: Stream.Stream<A, ProblemLike>): AsyncIterable<A> =>
      answers.pipe(
        Stream.catchCause((cause) => Stream.fromEffect(reported(context)(cause))),
        // An async iterator that waits for its next value can't be returned, so a caller who goes has to end the wait.
        Stream.interruptWhen(aborted(context)),
        Stream.toAsyncIterableWith(services)
      ),

    /** Says who calls, as HTTP does, and takes the call off what they may make; `key` is of a booking. */
    asCaller: Effect.fnUntraced(function*<A, E>(
      { requestHeader }: HandlerContext,
      key: string | undefined,
      call: Effect.Effect<A, E, CurrentUser>
    ) {
      const token = bearerOf(Headers.fromInput(requestHeader)["authorization"])
      return yield* Effect.provideService(call, CurrentUser, yield* admitted(token, key))
    })
  }
})

export type GrpcCalls = Effect.Success<typeof makeGrpcCalls>
