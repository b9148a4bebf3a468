import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Effect, Layer } from "effect"
import { HttpRouter } from "effect/http"
import { createServer } from "node:http"
import { AvailabilityWatch } from "./AvailabilityWatch.ts"
import { Desk } from "./Desk.ts"
import { GrpcListener } from "./grpc/GrpcListener.ts"
import * as Limits from "./Limits.ts"
import * as Routes from "./Routes.ts"
import { followConnections } from "./ServerConnections.ts"
import * as Telemetry from "./Telemetry.ts"
import { answerUnreadable } from "./UnreadableRequest.ts"

/** How long a stop waits for requests under way; no new ones are taken meanwhile. */
const stopMillisMax = 10_000

const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
  // Longer than the minute for which load balancers keep a connection, so that it is never closed under a request.
  keepAliveTimeout: 65_000
}

const makeServer = Effect.sync(() => {
  const server = createServer(limits).on("clientError", answerUnreadable)
  return { server, closeConnections: followConnections(server) }
})

/**
 * Serves over Node's HTTP server; port 0 is any that is free, and `HttpServer` tells which. With a port for gRPC, that
 * too, as `GrpcListener` tells.
 */
export const layer = (options: {
  readonly host: string
  readonly port: number
  readonly grpcPort?: number | undefined
}) =>
  Layer.unwrap(Effect.map(makeServer, ({ closeConnections, server }) =>
    // Above the server, so that it comes first when all is closed: nobody who only listens or waits holds up the stop.
    Layer.effectDiscard(Effect.flatMap(AvailabilityWatch, (watches) =>
      Effect.addFinalizer(() => Effect.andThen(watches.end, Effect.sync(closeConnections))))).pipe(
        Layer.provideMerge(HttpRouter.serve(Routes.layer, { disableLogger: true, disableListenLog: true })),
        Layer.provideMerge(GrpcListener.layer({ host: options.host, port: options.grpcPort })),
        // Above the routes, which would have them to themselves: a person's calls count together, whichever way they come.
        Layer.provide([AvailabilityWatch.layer, Limits.layer, Desk.layer]),
        Layer.provideMerge(
          NodeHttpServer.layer(() =>
            server, { host: options.host, port: options.port, gracefulShutdownTimeout: stopMillisMax })
        ),
        Layer.provide(Telemetry.layer)
      )))
