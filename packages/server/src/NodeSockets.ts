import { WebSocketServer } from "@effect/platform-node/NodeWS"
import { Effect } from "effect"
import type { IncomingMessage, Server } from "node:http"
import type { Duplex } from "node:stream"
import { type OpeningHeaders, rpcSocketPath, RpcSockets } from "./RpcSockets.ts"
import { farewellMillis, frameBytesMax } from "./SocketLimits.ts"

const isForRpc = ({ url }: IncomingMessage): boolean => url?.split("?")[0] === rpcSocketPath

const headersOf = ({ headers }: IncomingMessage): OpeningHeaders => ({
  get: (name) => {
    const value = headers[name]
    return typeof value === "string" ? value : null
  }
})

const toBytes = (data: Buffer | ArrayBuffer | ReadonlyArray<Buffer>): Uint8Array => {
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  return data instanceof Uint8Array ? data : Buffer.concat(data)
}

// Apart from the call, because the types of ws do not know of the last one.
const options = {
  noServer: true,
  maxPayload: frameBytesMax,
  perMessageDeflate: false,
  closeTimeout: farewellMillis
} as const

/** Has what is written in one turn of the event loop leave in one write: a batch of bookings has several answers for a socket. */
const gatherWrites = (connection: Duplex) => {
  let gathering = false
  const flush = (): void => {
    if (gathering) {
      gathering = false
      connection.uncork()
    }
  }
  const gather = (): void => {
    if (!gathering) {
      gathering = true
      connection.cork()
      setImmediate(flush)
    }
  }
  return { gather, flush }
}

/** Opens WebSockets for remote calls on a server of Node's; other upgrades go where they went before. */
export const attach = Effect.fnUntraced(function*(server: Server) {
  const sockets = yield* RpcSockets
  const upgrader = new WebSocketServer(options)

  const take = (request: IncomingMessage, connection: Duplex, head: Buffer): void =>
    upgrader.handleUpgrade(request, connection, head, (peer) => {
      const { flush, gather } = gatherWrites(connection)
      const events = sockets.open({
        send: (text) => {
          gather()
          peer.send(text)
        },
        unreadBytes: () => peer.bufferedAmount,
        // At once: a server that stops breaks off its connections next.
        close: (code, reason) => {
          peer.close(code, reason)
          flush()
        },
        ping: () => peer.ping()
      }, headersOf(request))
      peer.on("pong", events.alive)
      peer.on("message", (data) => events.message(toBytes(data)))
      // ws tells the peer what is wrong with a frame, and closes.
      peer.on("error", () => {})
      peer.once("close", events.closed)
    })

  const others = server.listeners("upgrade")
  server.removeAllListeners("upgrade")
  server.on("upgrade", (request, connection, head) => {
    if (isForRpc(request)) {
      take(request, connection, head)
    } else {
      others.forEach((listener) => Reflect.apply(listener, server, [request, connection, head]))
    }
  })
})
