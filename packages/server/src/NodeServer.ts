import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Effect, Layer } from "effect"
import { HttpRouter } from "effect/http"
import { createServer } from "node:http"
import { DirectLane } from "./DirectLane.ts"
import { GrpcListener } from "./grpc/GrpcListener.ts"
import { nodeLane } from "./NodeLane.ts"
import * as NodeSockets from "./NodeSockets.ts"
import { NotListening } from "./NotListening.ts"
import { makePipelineLimit } from "./PipelineLimit.ts"
import * as Reception from "./Reception.ts"
import { showRequests } from "./RequestTakers.ts"
import * as Routes from "./Routes.ts"
import { RpcSockets } from "./RpcSockets.ts"
import * as RpcSocketServer from "./RpcSocketServer.ts"
import * as SaleLane from "./SaleLane.ts"
import { followConnections } from "./ServerConnections.ts"
import type { SocketLimits } from "./SocketLimits.ts"
import { answerUnreadable } from "./UnreadableRequest.ts"
import { Watchers } from "./Watchers.ts"

/** How long a stop waits for requests under way; no new ones are taken meanwhile. */
const stopMillisMax = 10_000

const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
  // Longer than the minute for which load balancers keep a connection, so that it is never closed under a request.
  keepAliveTimeout: 65_000,
  // A request without a body tells of no end of one: measured to take a tenth off the way of an enquiry.
  optimizeEmptyRequests: true
}

/** Connections of any kind; one more is closed at once. Those that never say a word are closed by `headersTimeout`. */
const connectionsMax = 10_000

const makeServer = (connections: number) =>
  Effect.sync(() => {
    const server = createServer(limits).on("clientError", answerUnreadable)
    server.maxConnections = connections
    const show = showRequests(server)
    show(makePipelineLimit())
    return { server, show, closeConnections: followConnections(server, show) }
  })

/** Everything but the requests under way, which the server below waits for. */
const endConnections = (closeConnections: () => void) =>
  Effect.gen(function*() {
    const watchers = yield* Watchers
    const sockets = yield* RpcSockets
    yield* Effect.addFinalizer(() =>
      watchers.end.pipe(Effect.andThen(sockets.stop), Effect.andThen(Effect.sync(closeConnections)))
    )
  })

/**
 * Serves over Node's HTTP server; port 0 is any that is free, and `HttpServer` tells which. With a port for gRPC, that
 * too, as `GrpcListener` tells.
 */
export const layer = (options: {
  readonly host: string
  readonly port: number
  readonly grpcPort?: number | undefined
  readonly connectionsMax?: number
  readonly sockets?: SocketLimits
}) =>
  Layer.unwrap(Effect.map(makeServer(options.connectionsMax ?? connectionsMax), ({ closeConnections, server, show }) =>
    // Above the server, so that it comes first when all is closed: nobody who only listens or waits holds up the stop.
    Layer.effectDiscard(Effect.andThen(NodeSockets.attach(server), endConnections(closeConnections))).pipe(
      Layer.merge(Layer.effectDiscard(Effect.map(DirectLane, (lane) => show(nodeLane(lane))))),
      Layer.provideMerge(SaleLane.layer(show)),
      Layer.provideMerge(HttpRouter.serve(Routes.layer, { disableLogger: true, disableListenLog: true })),
      Layer.provideMerge(GrpcListener.layer({ host: options.host, port: options.grpcPort })),
      Layer.provide(RpcSocketServer.layer(options.sockets)),
      Layer.provide(Reception.layer),
      Layer.provideMerge(
        NodeHttpServer.layer(
          () => server,
          { host: options.host, port: options.port, gracefulShutdownTimeout: stopMillisMax }
        ).pipe(
          Layer.catchTag(
            "ServeError",
            ({ cause }) =>
              Layer.effectContext(Effect.fail(new NotListening({ host: options.host, port: options.port, cause })))
          )
        )
      )
    )))
