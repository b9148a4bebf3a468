import { BerthApi, EnquiryApi, TimetableApi } from "@berth/domain/BerthApi"
import { RequestCheck } from "@berth/domain/RequestCheck"
import { Context, Effect, Layer } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { HttpApi, HttpApiBuilder, OpenApi } from "effect/http-api"
import * as DocsRoute from "./DocsRoute.ts"
import * as EnquiryRoutes from "./EnquiryRoutes.ts"
import * as HealthRoutes from "./HealthRoutes.ts"
import { KnownEnquiries } from "./KnownEnquiries.ts"
import * as Limits from "./Limits.ts"
import * as ReaderLimits from "./ReaderLimits.ts"
import { ReadingDesk } from "./ReadingDesk.ts"
import * as RequestEnvelope from "./RequestEnvelope.ts"
import * as RequestIssues from "./RequestIssues.ts"
import { RequestsUnderWay } from "./RequestsUnderWay.ts"
import * as TimetableHandlers from "./TimetableHandlers.ts"

class ServedApi extends HttpApi.make("berth")
  .add(TimetableApi)
  .middleware(RequestCheck)
  .annotateMerge(BerthApi.annotations)
{}

/** The part of the API that everybody may read. */
class ReadingApi extends ServedApi.add(EnquiryApi) {}

const layer = Layer.mergeAll(
  HttpApiBuilder.layer(ServedApi).pipe(
    Layer.provide(TimetableHandlers.layer),
    Layer.provide([RequestIssues.layer, ReaderLimits.layerHttp])
  ),
  EnquiryRoutes.layer,
  DocsRoute.description(() => OpenApi.fromApi(ReadingApi)),
  HealthRoutes.layer,
  RequestEnvelope.layer
).pipe(
  Layer.provide([
    ReadingDesk.layer,
    Limits.layer,
    KnownEnquiries.layer,
    RequestsUnderWay.layer,
    HttpServer.layerServices
  ])
)

/** What `ReadingEngine` has. */
type Needs = Exclude<Layer.Services<typeof layer>, HttpRouter.HttpRouter | HttpRouter.Request<string, unknown>>

/**
 * Stations, trains and what is free, as one function from request to response. It has no call that sells and needs
 * nothing that could, so it may stand where no right to sell should be.
 */
export const make = Effect.gen(function*() {
  const services = yield* Effect.context<Needs>()
  const { handler } = yield* Effect.acquireRelease(
    Effect.sync(() =>
      HttpRouter.toWebHandler(layer.pipe(Layer.provide(Layer.succeedContext(services))), { disableLogger: true })
    ),
    ({ dispose }) => Effect.promise(dispose)
  )
  return (request: Request): Promise<Response> => handler(request, Context.empty())
})
