import { Effect } from "effect"
import { rpcSocketPath, type RpcSockets } from "./RpcSockets.ts"
import { heartbeatSeconds } from "./SocketLimits.ts"
import type { Address, Listening, Site } from "./WebServer.ts"

/** As much of Deno as is used here. */
declare const Deno: {
  serve(
    options: {
      readonly hostname: string
      readonly port: number
      readonly onListen: () => void
      readonly signal: AbortSignal
    },
    handler: (request: Request) => Response | Promise<Response>
  ): {
    readonly addr: { readonly hostname: string; readonly port: number }
    readonly shutdown: () => Promise<void>
  }
  upgradeWebSocket(
    request: Request,
    options: { readonly idleTimeout: number }
  ): { readonly socket: WebSocket; readonly response: Response }
}

const upgrade = (request: Request, sockets: RpcSockets["Service"]): Response => {
  // The request cannot be read any more once it is upgraded.
  const headers = new Headers(request.headers)
  // Deno pings after this time without a message, and closes where no answer comes.
  const { response, socket } = Deno.upgradeWebSocket(request, { idleTimeout: heartbeatSeconds })
  socket.binaryType = "arraybuffer"
  socket.addEventListener("open", () => {
    const events = sockets.open({
      send: (text) => socket.send(text),
      unreadBytes: () => socket.bufferedAmount,
      close: (code, reason) => socket.close(code, reason)
    }, headers)
    socket.addEventListener("message", ({ data }) => {
      events.message(data instanceof ArrayBuffer ? new Uint8Array(data) : String(data))
    })
    socket.addEventListener("close", () => events.closed())
    // A close always follows.
    socket.addEventListener("error", (event) => event.preventDefault())
  })
  return response
}

const isUpgrade = (request: Request): boolean =>
  request.headers.get("upgrade")?.toLowerCase() === "websocket" && new URL(request.url).pathname === rpcSocketPath

/** Serves with `Deno.serve`. */
export const listen = ({ handler, sockets }: Site, { host, port }: Address): Listening => {
  const abort = new AbortController()
  const server = Deno.serve(
    { hostname: host, port, signal: abort.signal, onListen: () => {} },
    (request) => isUpgrade(request) ? upgrade(request, sockets) : handler(request)
  )
  return {
    address: { host: server.addr.hostname, port: server.addr.port },
    drain: Effect.promise(() => server.shutdown()),
    abort: Effect.sync(() => abort.abort())
  }
}
