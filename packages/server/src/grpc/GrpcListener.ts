import { Context, Effect, Layer } from "effect"

/** Where gRPC is served over HTTP/2. */
export class GrpcListener extends Context.Service<GrpcListener, {
  /** Host and port, as callers name them; absent where it is not served. */
  readonly address: string | undefined
}>()("@berth/server/grpc/GrpcListener") {
  static readonly layer = ({ host, port }: { readonly host: string; readonly port: number | undefined }) =>
    Layer.effect(
      GrpcListener,
      port === undefined
        ? Effect.succeed({ address: undefined })
        // Its libraries are loaded by those alone who serve it.
        : Effect.promise(() => import("./GrpcServer.ts")).pipe(
          Effect.flatMap(({ serveGrpc }) => serveGrpc({ host, port })),
          Effect.map((address) => ({ address }))
        )
    )
}
