import { Layer, Schedule } from "effect"
import { RpcClient, RpcSerialization } from "effect/rpc"
import { Socket } from "effect/socket"
import { addressOf, type Connection } from "./Connection.ts"

/** When a broken connection is opened anew: soon at first, ever later, and not by all clients at once. */
const reopening = Schedule.min([Schedule.exponential("200 millis"), Schedule.spaced("5 seconds")]).pipe(
  Schedule.jittered
)

/**
 * Remote calls over one WebSocket, which is opened again when it breaks. Calls under way then fail, and are repeated by
 * whoever may repeat them.
 */
export const layer = (connection: Connection): Layer.Layer<RpcClient.Protocol> =>
  RpcClient.layerProtocolSocket({ retryPolicy: reopening }).pipe(
    Layer.provide(Socket.layerWebSocket(addressOf(connection, "/rpc/ws").replace(/^http/, "ws"))),
    Layer.provide([Socket.layerWebSocketConstructorGlobal, RpcSerialization.layerNdjson])
  )
