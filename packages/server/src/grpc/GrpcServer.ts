import { createConnectRouter } from "@connectrpc/connect"
import {
  compressionBrotli,
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse
} from "@connectrpc/connect-node"
import type { UniversalHandler, UniversalServerResponse } from "@connectrpc/connect/protocol"
import { Effect } from "effect"
import { constants, type Http2ServerRequest, type Http2ServerResponse } from "node:http2"
import { Watchers } from "../Watchers.ts"
import { makeBookingService } from "./BookingService.ts"
import { makeGrpcCalls } from "./GrpcCalls.ts"
import { listenHttp2 } from "./Http2Listener.ts"
import { reflection } from "./Reflection.ts"
import { routerOptions } from "./RouterOptions.ts"

const pathOf = (url: string): string => url.split("?", 1)[0] ?? url

const isPlain = /^[\x20-\x24\x26-\x7e]$/

/**
 * A failure's message as gRPC encodes it: all but `%` and what ASCII cannot print stands for itself. Connect encodes every
 * colon too, and not every client decodes that.
 */
const withPlainMessage = (trailer: Headers): Headers => {
  const message = trailer.get("grpc-message")
  if (message !== null) {
    const encoded = Array.from(
      decodeURIComponent(message),
      (char) => isPlain.test(char) ? char : encodeURIComponent(char)
    )
    trailer.set("grpc-message", encoded.join(""))
  }
  return trailer
}

/** The trailer is complete, and asked for, only after the body. */
const withPlainTrailer = (answer: UniversalServerResponse): UniversalServerResponse => ({
  ...answer,
  get trailer() {
    return withPlainMessage(answer.trailer ?? new Headers())
  }
})

const respond = async (
  handlers: ReadonlyMap<string, UniversalHandler>,
  request: Http2ServerRequest,
  response: Http2ServerResponse
): Promise<void> => {
  const handle = handlers.get(pathOf(request.url))
  if (handle === undefined) {
    // Callers read it as UNIMPLEMENTED.
    response.writeHead(404)
    response.end()
    return
  }
  const answer = await handle(universalRequestFromNodeRequest(request, response, undefined, undefined))
  await universalResponseToNodeResponse(withPlainTrailer(answer), response)
}

/**
 * Serves gRPC, and what else Connect speaks, over HTTP/2 without TLS, with reflection; answers the address at which it
 * listens.
 */
export const serveGrpc = Effect.fnUntraced(function*(options: { readonly host: string; readonly port: number }) {
  const watchers = yield* Watchers
  const service = yield* makeBookingService(yield* makeGrpcCalls)
  const router = createConnectRouter({ ...routerOptions, acceptCompression: [compressionGzip, compressionBrotli] })
  reflection(service(router))
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]))
  const fork = Effect.runForkWith(yield* Effect.context())

  const onRequest = (request: Http2ServerRequest, response: Http2ServerResponse) => {
    respond(handlers, request, response).catch((cause: unknown) => {
      // The caller went away, or has sent what makes no request, such as an impossible authority.
      fork(Effect.logDebug("A call could not be answered", cause))
      response.stream.close(constants.NGHTTP2_PROTOCOL_ERROR)
    })
  }
  const { address, family, port } = yield* listenHttp2({ ...options, onRequest, beforeStop: watchers.end })
  return `${family === "IPv6" ? `[${address}]` : address}:${port}`
})
