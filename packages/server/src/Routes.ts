import { BerthApi } from "@berth/domain/BerthApi"
import { BerthRpcs } from "@berth/domain/BerthRpcs"
import { Layer } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { PrometheusMetrics } from "effect/observability"
import { RpcSerialization, RpcServer } from "effect/rpc"
import * as AccountAuthentication from "./AccountAuthentication.ts"
import * as AccountHandlers from "./AccountHandlers.ts"
import * as AccountServices from "./AccountServices.ts"
import * as AdminHandlers from "./AdminHandlers.ts"
import * as Authentication from "./Authentication.ts"
import * as BookingHandlers from "./BookingHandlers.ts"
import { CallBudget } from "./CallBudget.ts"
import { Desk } from "./Desk.ts"
import * as DocsRoute from "./DocsRoute.ts"
import * as HealthRoutes from "./HealthRoutes.ts"
import * as MethodRoutes from "./MethodRoutes.ts"
import * as RequestEnvelope from "./RequestEnvelope.ts"
import * as RequestIssues from "./RequestIssues.ts"
import * as RpcHandlers from "./RpcHandlers.ts"
import * as SignInHandlers from "./SignInHandlers.ts"
import * as TimetableHandlers from "./TimetableHandlers.ts"

/** Calls of one RPC request that are worked on at once. */
const rpcConcurrency = 16

const api = HttpApiBuilder.layer(BerthApi, { openapiPath: "/openapi.json" }).pipe(
  Layer.provide([TimetableHandlers.layer, BookingHandlers.layer, AdminHandlers.layer]),
  Layer.provide([SignInHandlers.layer, AccountHandlers.layer]),
  Layer.provide([RequestIssues.layer, Authentication.layerHttp, AccountAuthentication.layer])
)

const rpc = RpcServer.layerHttp({
  group: BerthRpcs,
  path: "/rpc",
  protocol: "http",
  concurrency: rpcConcurrency,
  disableFatalDefects: true
}).pipe(
  Layer.provide([RpcHandlers.layer, Authentication.layerRpc]),
  Layer.provide(RpcSerialization.layerNdjson)
)

const others = MethodRoutes.layer({
  "/rpc": "POST",
  "/health": "GET",
  "/health/live": "GET",
  "/openapi.json": "GET",
  "/docs": "GET",
  "/metrics": "GET"
})

/** Everything that the server answers, whatever it runs on. */
export const layer = Layer.mergeAll(
  api,
  rpc,
  HealthRoutes.layer,
  DocsRoute.layer,
  PrometheusMetrics.layerHttp({ path: "/metrics" }),
  others,
  RequestEnvelope.layer
).pipe(Layer.provide([Desk.layer, CallBudget.layer, AccountServices.layer]))
