import { EnquiryApi, JourneyQuery, SearchQuery, TrainParams } from "@berth/domain/BerthApi"
import { Context, Effect, Exit, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerRespondable } from "effect/http"
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
  const { take } = yield* ReaderLimits

  const answering = <E extends HttpServerRespondable.Respondable>(
    answer: (query: unknown, params: unknown) => Effect.Effect<object, E>
  ) =>
    Effect.contextWith((context: Context.Context<Asked>) => {
      const { headers } = Context.get(context, HttpServerRequest.HttpServerRequest)
      const query = Context.get(context, HttpServerRequest.ParsedSearchParams)
      const { params } = Context.get(context, HttpRouter.RouteContext)
      return Effect.matchEffect(Effect.flatMap(take(1), () => answer(query, params)), {
        onFailure: HttpServerRespondable.toResponse,
        onSuccess: (value) => Effect.succeed(taggedJson(value, headers["if-none-match"]))
      })
    })

  yield* router.add(search.method, search.path, answering((query) => Effect.flatMap(readSearch(query), desk.search)))
  yield* router.add(
    availability.method,
    availability.path,
    answering((query, params) =>
      Effect.flatMap(
        readTrain(params),
        ({ trainId }) => Effect.flatMap(readJourney(query), (journey) => desk.availability({ trainId, ...journey }))
      )
    )
  )
}))
