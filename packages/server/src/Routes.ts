import { DeskApi } from "@berth/domain/BerthApi"
import { BerthRpcs } from "@berth/domain/BerthRpcs"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerRespondable, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { PrometheusMetrics } from "effect/observability"
import { RpcSerialization, RpcServer } from "effect/rpc"
import * as AccountAuthentication from "./AccountAuthentication.ts"
import * as AccountHandlers from "./AccountHandlers.ts"
import * as AdminHandlers from "./AdminHandlers.ts"
import * as Authentication from "./Authentication.ts"
import * as BookingHandlers from "./BookingHandlers.ts"
import { CallsUnderWay } from "./CallsUnderWay.ts"
import * as DocsRoute from "./DocsRoute.ts"
import * as EnquiryRoutes from "./EnquiryRoutes.ts"
import * as EventHandlers from "./EventHandlers.ts"
import * as EventRpcHandlers from "./EventRpcHandlers.ts"
import * as ConnectRoutes from "./grpc/ConnectRoutes.ts"
import * as HealthRoutes from "./HealthRoutes.ts"
import * as MethodRoutes from "./MethodRoutes.ts"
import * as OperatorHandlers from "./OperatorHandlers.ts"
import * as OperatorRpcHandlers from "./OperatorRpcHandlers.ts"
import * as PrivacyHandlers from "./PrivacyHandlers.ts"
import * as ReaderLimits from "./ReaderLimits.ts"
import * as RequestEnvelope from "./RequestEnvelope.ts"
import * as RequestIssues from "./RequestIssues.ts"
import * as RpcAdmission from "./RpcAdmission.ts"
import * as RpcHandlers from "./RpcHandlers.ts"
import * as RpcLines from "./RpcLines.ts"
import { rpcSocketPath } from "./RpcSockets.ts"
import * as SaleRoute from "./SaleRoute.ts"
import * as SignInHandlers from "./SignInHandlers.ts"
import * as TimetableHandlers from "./TimetableHandlers.ts"
import { UpgradeNeeded } from "./TransportProblems.ts"
import * as WebhookHandlers from "./WebhookHandlers.ts"

const api = HttpApiBuilder.layer(DeskApi).pipe(
  Layer.provide([TimetableHandlers.layer, BookingHandlers.layer, AdminHandlers.layer]),
  Layer.provide([EventHandlers.layer, WebhookHandlers.layer]),
  Layer.provide([OperatorHandlers.layer, PrivacyHandlers.layer, SignInHandlers.layer, AccountHandlers.layer]),
  Layer.provide([RequestIssues.layer, Authentication.layerHttp, AccountAuthentication.layer, ReaderLimits.layerHttp])
)

// How many calls run at once is bounded for each request, so that no stream keeps others from being answered.
const rpc = RpcServer.layer(BerthRpcs, { disableFatalDefects: true }).pipe(
  Layer.provide([RpcHandlers.layer, OperatorRpcHandlers.layer, EventRpcHandlers.layer]),
  Layer.provide([Authentication.layerRpc, Layer.suspend(() => RpcAdmission.layer(new CallsUnderWay()))]),
  Layer.provide(
    Layer.effect(
      RpcServer.Protocol,
      Effect.gen(function*() {
        const router = yield* HttpRouter.HttpRouter
        const { httpEffect, protocol } = yield* RpcServer.makeProtocolWithHttpEffect()
        yield* router.add("POST", "/rpc", RpcLines.refusingOthers(httpEffect))
        return RpcAdmission.admitting(protocol)
      })
    )
  ),
  Layer.provide([RpcSerialization.layerNdjson, ReaderLimits.layerRpc.layer])
)

const upgradeNeeded = HttpServerRespondable.toResponse(
  new UpgradeNeeded({ detail: "Open a WebSocket at this path, or send remote calls to /rpc by POST." })
)

const others = MethodRoutes.layer({
  "/rpc": "POST",
  [ConnectRoutes.path]: "POST",
  [rpcSocketPath]: "GET",
  "/health": "GET",
  "/health/live": "GET",
  "/openapi.json": "GET",
  "/docs": "GET",
  "/metrics": "GET"
})

/** Everything that the server answers, whatever it runs on. */
export const layer = Layer.mergeAll(
  api,
  SaleRoute.layer,
  EnquiryRoutes.layer,
  rpc,
  ConnectRoutes.layer,
  HttpRouter.add("GET", rpcSocketPath, Effect.map(upgradeNeeded, HttpServerResponse.setHeader("upgrade", "websocket"))),
  HealthRoutes.layer,
  DocsRoute.layer,
  PrometheusMetrics.layerHttp({ path: "/metrics" }),
  others,
  RequestEnvelope.layer
)
