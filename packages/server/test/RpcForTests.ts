import { RpcAuth } from "@berth/domain/Auth"
import { BerthRpcs } from "@berth/domain/BerthRpcs"
import { rpcCheckClient } from "@berth/domain/RpcVersion"
import { Effect, Layer } from "effect"
import { FetchHttpClient, Headers } from "effect/http"
import { RpcClient, RpcMiddleware, RpcSerialization } from "effect/rpc"
import { Socket } from "effect/socket"

export const transports = ["HTTP", "a WebSocket"] as const
export type Transport = typeof transports[number]

/** How a client reaches a server; each connection over a WebSocket is one of its own. */
export const protocolOver = (transport: Transport, url: string) => {
  const protocol = transport === "HTTP"
    ? RpcClient.layerProtocolHttp({ url: `${url}/rpc` }).pipe(Layer.provide(FetchHttpClient.layer))
    : RpcClient.layerProtocolSocket().pipe(
      Layer.provide(Socket.layerWebSocket(`${url.replace(/^http/, "ws")}/rpc/ws`)),
      Layer.provide(Socket.layerWebSocketConstructorGlobal)
    )
  return protocol.pipe(Layer.provide(RpcSerialization.layerNdjson))
}

/** A client of the remote calls, with a token in each call's headers. */
export const rpcOver = Effect.fnUntraced(function*(
  transport: Transport,
  url: string,
  token: string
) {
  const auth = RpcMiddleware.layerClient(
    RpcAuth,
    ({ next, request }) =>
      next({ ...request, headers: Headers.set(request.headers, "authorization", `Bearer ${token}`) })
  )
  const services = yield* Layer.build(Layer.mergeAll(auth, rpcCheckClient, protocolOver(transport, url)))
  return yield* Effect.provide(RpcClient.make(BerthRpcs), services)
})
