import { EnquiryApi, JourneyQuery, SearchQuery, TrainParams } from "@berth/domain/BerthApi"
import type { InvalidRequest } from "@berth/domain/RequestErrors"
import { Context, Effect, Exit, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerRespondable } from "effect/http"
import { KnownEnquiries } from "./KnownEnquiries.ts"
import { ReaderLimits } from "./ReaderLimits.ts"
import { ReadingDesk } from "./ReadingDesk.ts"
import { invalidRequest } from "./RequestIssues.ts"
import { taggedJson } from "./TaggedJson.ts"

/** Compiled code decodes what is sound and stops at the first flaw; the interpreter finds them all. */
const decoding = <A, I>(place: "params" | "query", schema: Schema.Codec<A, I>) => {
  const decodeSound = Schema.decodeUnknownExit(schema)
  const decodeWithAllFlaws = Schema.decodeUnknownEffect(schema, { errors: "all" })
  return (values: unknown) => {
    const sound = decodeSound(values)
    return Exit.isSuccess(sound)
      ? Effect.succeed(sound.value)
      : Effect.mapError(decodeWithAllFlaws(values), ({ issue }) => invalidRequest(place, issue))
  }
}

/** What the router knows of a request. */
type Asked = HttpServerRequest.HttpServerRequest | HttpServerRequest.ParsedSearchParams | HttpRouter.RouteContext

/** What is asked, once decoded. */
interface Asking<E> {
  readonly answer: Effect.Effect<object, E>
  /** The same from memory, for the direct lane. */
  readonly peek: () => object | undefined
}

const readSearch = decoding("query", SearchQuery)
const readTrain = decoding("params", TrainParams)
const readJourney = decoding("query", JourneyQuery)

const { availability, search } = EnquiryApi.endpoints

/**
 * What everybody asks before a sale, and a hundred times as often: `EnquiryApi` of the domain, on routes of their own for
 * the same reason as the sale (`SaleRoute`).
 */
export const layer = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const desk = yield* ReadingDesk
  const enquiries = yield* KnownEnquiries
  const { take } = yield* ReaderLimits

  const answering = <E extends HttpServerRespondable.Respondable>(
    ask: (query: unknown, params: unknown) => Effect.Effect<Asking<E>, InvalidRequest>
  ) =>
    Effect.contextWith((context: Context.Context<Asked>) => {
      const { headers, url } = Context.get(context, HttpServerRequest.HttpServerRequest)
      const query = Context.get(context, HttpServerRequest.ParsedSearchParams)
      const { params, route } = Context.get(context, HttpRouter.RouteContext)
      const answer = Effect.flatMap(
        ask(query, params),
        (asking) =>
          Effect.map(asking.answer, (value) => {
            enquiries.learn(url, { route: route.path, peek: asking.peek })
            return value
          })
      )
      return Effect.matchEffect(Effect.flatMap(take(1), () => answer), {
        onFailure: HttpServerRespondable.toResponse,
        onSuccess: (value) => Effect.succeed(taggedJson(value, headers["if-none-match"]))
      })
    })

  yield* router.add(
    search.method,
    search.path,
    answering((query) =>
      Effect.map(readSearch(query), (asked) => ({
        answer: desk.search(asked),
        peek: () => desk.peekSearch(asked)
      }))
    )
  )
  yield* router.add(
    availability.method,
    availability.path,
    answering((query, params) =>
      Effect.flatMap(
        readTrain(params),
        ({ trainId }) =>
          Effect.map(readJourney(query), (journey) => {
            const asked = { trainId, ...journey }
            return { answer: desk.availability(asked), peek: () => desk.peekAvailability(asked) }
          })
      )
    )
  )
}))
