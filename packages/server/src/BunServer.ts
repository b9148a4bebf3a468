import { Effect } from "effect"
import { type PeerEvents, rpcSocketPath } from "./RpcSockets.ts"
import { frameBytesMax, heartbeatSeconds } from "./SocketLimits.ts"
import type { Address, Listening, Site } from "./WebServer.ts"

/** What a socket is given when it is opened. */
interface SocketData {
  readonly headers: Headers
  events?: PeerEvents
}

interface BunSocket {
  readonly data: SocketData
  send(text: string): number
  getBufferedAmount(): number
  close(code: number, reason: string): void
}

interface BunServer {
  readonly hostname: string
  readonly port: number
  upgrade(request: Request, options: { readonly data: SocketData }): boolean
  timeout(request: Request, seconds: number): void
  stop(closeConnections: boolean): Promise<void>
}

/** As much of Bun as is used here. */
declare const Bun: {
  serve(options: {
    readonly hostname: string
    readonly port: number
    readonly idleTimeout: number
    readonly fetch: (request: Request, server: BunServer) => Promise<Response> | Response | undefined
    readonly websocket: {
      readonly maxPayloadLength: number
      readonly idleTimeout: number
      readonly sendPings: boolean
      readonly open: (socket: BunSocket) => void
      readonly message: (socket: BunSocket, data: string | Uint8Array) => void
      readonly close: (socket: BunSocket) => void
    }
  }): BunServer
}

/** As long as Node's server waits for a whole request. */
const idleSeconds = 30

const isUpgrade = (request: Request): boolean =>
  request.headers.get("upgrade")?.toLowerCase() === "websocket" && new URL(request.url).pathname === rpcSocketPath

/** Serves with `Bun.serve`. */
export const listen = ({ handler, sockets }: Site, { host, port }: Address): Listening => {
  const server = Bun.serve({
    hostname: host,
    port,
    idleTimeout: idleSeconds,
    fetch: (request, self) => {
      if (isUpgrade(request) && self.upgrade(request, { data: { headers: request.headers } })) {
        return undefined
      }
      // A stream of remote calls may be silent for as long as nothing changes.
      if (new URL(request.url).pathname === "/rpc") self.timeout(request, 0)
      return handler(request)
    },
    websocket: {
      maxPayloadLength: frameBytesMax,
      idleTimeout: heartbeatSeconds,
      sendPings: true,
      open: (socket) => {
        socket.data.events = sockets.open({
          send: (text) => {
            socket.send(text)
          },
          unreadBytes: () => socket.getBufferedAmount(),
          close: (code, reason) => socket.close(code, reason)
        }, socket.data.headers)
      },
      message: (socket, data) => socket.data.events?.message(data),
      close: (socket) => socket.data.events?.closed()
    }
  })
  return {
    address: { host: server.hostname, port: server.port },
    drain: Effect.promise(() => server.stop(false)),
    abort: Effect.promise(() => server.stop(true))
  }
}
