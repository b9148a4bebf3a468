import { createConnectRouter } from "@connectrpc/connect"
import { createFetchHandler } from "@connectrpc/connect/protocol"
import { Effect } from "effect"
import { makeBookingService } from "./BookingService.ts"
import { makeGrpcCalls } from "./GrpcCalls.ts"
import { routerOptions } from "./RouterOptions.ts"

/** A response whose reader, when he goes, ends the call: the call may be waiting for something to tell him. */
const endedWithReader = (response: Response, controller: AbortController): Response => {
  if (response.body === null) {
    return response
  }
  const reader = response.body.getReader()
  const body = new ReadableStream<Uint8Array>({
    pull: async (queue) => {
      const { done, value } = await reader.read()
      if (done) {
        queue.close()
      } else {
        queue.enqueue(value)
      }
    },
    cancel: (reason) => {
      controller.abort(reason)
      return reader.cancel(reason)
    }
  })
  return new Response(body, response)
}

/** Connect and gRPC-web, which need no more of HTTP than a request and its response, on every runtime. */
export const makeConnectHandler = Effect.gen(function*() {
  const service = yield* makeBookingService(yield* makeGrpcCalls)
  // gRPC itself ends with trailers, and no web-standard response has any.
  const router = service(createConnectRouter({ ...routerOptions, grpc: false }))
  const handlers = new Map(
    router.handlers.map((handler) => [handler.requestPath, createFetchHandler(handler, { httpVersion: "1.1" })])
  )

  return (request: Request): Promise<Response> | undefined => {
    const handle = handlers.get(new URL(request.url).pathname)
    const controller = new AbortController()
    const signal = AbortSignal.any([request.signal, controller.signal])
    return handle?.(new Request(request, { signal })).then((response) => endedWithReader(response, controller))
  }
})
