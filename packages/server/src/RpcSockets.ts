import { rpcVersionHeader } from "@berth/domain/RpcVersion"
import { Context, Effect, Fiber, Layer, Queue } from "effect"
import { RpcServer } from "effect/rpc"
import * as RpcSocket from "./RpcSocket.ts"
import { closeCode, serialization } from "./RpcSocket.ts"
import { type SocketLimits, socketLimits } from "./SocketLimits.ts"

/** Where WebSockets are opened. */
export const rpcSocketPath = "/rpc/ws"

const idleLookMillis = 25

/** What the runtime tells of a WebSocket. */
export interface PeerEvents {
  message(data: string | Uint8Array): void
  /** An answer to a ping. */
  alive(): void
  closed(): void
}

/** The headers of the request that opens a socket, by names in lower case. */
export interface OpeningHeaders {
  get(name: string): string | null
}

const unheard: PeerEvents = { message: () => {}, alive: () => {}, closed: () => {} }

const nobody = () => Effect.void

/** What of the opening request's headers holds for every call. */
const callHeaders = (headers: OpeningHeaders): ReadonlyArray<[string, string]> =>
  ["authorization", rpcVersionHeader].flatMap((name): ReadonlyArray<[string, string]> => {
    const value = headers.get(name)
    return value === null ? [] : [[name, value]]
  })

const make = Effect.fnUntraced(function*(limits: SocketLimits) {
  const scope = yield* Effect.scope
  const services = yield* Effect.context<never>()
  const disconnects = yield* Queue.unbounded<number>()
  const sockets = new Map<number, Effect.Success<ReturnType<typeof RpcSocket.make>>>()
  let lastId = 0
  let stopping = false
  let toServer: Parameters<RpcServer.Protocol["Service"]["run"]>[0] = nobody

  const protocol = yield* RpcServer.Protocol.make((write) => {
    toServer = write
    return Effect.succeed({
      disconnects,
      send: (clientId, response) => sockets.get(clientId)?.send(response) ?? Effect.void,
      end: () => Effect.void,
      clientIds: Effect.sync(() => new Set(sockets.keys())),
      initialMessage: Effect.succeedNone,
      supportsAck: true,
      supportsTransferables: false,
      supportsSpanPropagation: false,
      supportsNotifications: false,
      codecFor: serialization.codecFor
    })
  })

  const open = (peer: RpcSocket.Peer, headers: OpeningHeaders): PeerEvents => {
    if (stopping || sockets.size >= limits.socketsMax) {
      peer.close(closeCode.tryAgainLater, "no room for another socket")
      return unheard
    }
    const id = ++lastId
    const socket = Effect.runSyncWith(services)(
      RpcSocket.make(peer, { limits, headers: callHeaders(headers), write: (message) => toServer(id, message) })
    )
    sockets.set(id, socket)
    const worker = Fiber.runIn(Effect.runForkWith(services)(socket.work), scope)
    return {
      message: socket.hear,
      alive: socket.alive,
      closed: () => {
        socket.closed()
        sockets.delete(id)
        worker.interruptUnsafe()
        Queue.offerUnsafe(disconnects, id)
      }
    }
  }

  const whenIdle: Effect.Effect<void> = Effect.suspend(() =>
    [...sockets.values()].every(({ isIdle }) => isIdle())
      ? Effect.void
      : Effect.andThen(Effect.sleep(idleLookMillis), whenIdle)
  )
  const stop = Effect.gen(function*() {
    stopping = true
    yield* Effect.timeoutOption(whenIdle, limits.patienceMillis)
    for (const { drop } of sockets.values()) {
      drop(closeCode.goingAway, "the server stops")
    }
  })

  return RpcSockets.of({ protocol, open, stop })
})

/** The WebSockets of remote calls, whichever runtime they come from. */
export class RpcSockets extends Context.Service<RpcSockets, {
  /**
   * Takes a socket that a request with these headers opened, or closes it where there are too many; the runtime then
   * tells what happens to it.
   */
  open(peer: RpcSocket.Peer, headers: OpeningHeaders): PeerEvents
  /** Waits for the calls under way and closes every socket. Streams are to be ended before. */
  readonly stop: Effect.Effect<void>
  readonly protocol: RpcServer.Protocol["Service"]
}>()("@berth/server/RpcSockets") {
  static readonly layer = (limits: SocketLimits = socketLimits) => Layer.effect(RpcSockets, make(limits))
}
