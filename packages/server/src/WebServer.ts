import { Effect, Layer } from "effect"
import { DirectLane } from "./DirectLane.ts"
import { NotListening } from "./NotListening.ts"
import * as Reception from "./Reception.ts"
import { RpcSockets } from "./RpcSockets.ts"
import * as RpcSocketServer from "./RpcSocketServer.ts"
import { Watchers } from "./Watchers.ts"
import * as WebHandler from "./WebHandler.ts"
import { webLane } from "./WebLane.ts"

/** How long a stop waits for requests under way; no new ones are taken meanwhile. */
const stopMillisMax = 10_000

/** What a runtime's own server has to serve. */
export interface Site {
  readonly handler: (request: Request, socketAddress?: string) => Response | Promise<Response>
  readonly sockets: RpcSockets["Service"]
}

export interface Address {
  readonly host: string
  readonly port: number
}

/** A runtime's server that listens. */
export interface Listening {
  readonly address: Address
  /** Takes no new requests and waits for those under way. */
  readonly drain: Effect.Effect<void>
  /** Breaks off whatever is left. */
  readonly abort: Effect.Effect<void>
}

/** Serves with a runtime's own server of web requests; it stops as the one on Node does. */
export const layer = (listen: (site: Site, address: Address) => Listening, address: Address) =>
  Layer.effectDiscard(Effect.gen(function*() {
    const route = yield* WebHandler.make
    const lane = yield* DirectLane
    const handler = (request: Request, socketAddress?: string) =>
      webLane(lane, request, socketAddress) ?? route(request, socketAddress)
    const sockets = yield* RpcSockets
    const watchers = yield* Watchers
    const server = yield* Effect.acquireRelease(
      Effect.try({
        try: () => listen({ handler, sockets }, address),
        catch: (cause) => new NotListening({ ...address, cause })
      }),
      ({ abort, drain }) =>
        watchers.end.pipe(
          Effect.andThen(sockets.stop),
          Effect.andThen(Effect.timeoutOrElse(drain, { duration: stopMillisMax, orElse: () => abort }))
        )
    )
    const { host, port } = server.address
    yield* Effect.logInfo(`Berth serves at http://${host.includes(":") ? `[${host}]` : host}:${port}`)
  })).pipe(
    Layer.provide(RpcSocketServer.layer()),
    Layer.provide(Reception.layer)
  )
