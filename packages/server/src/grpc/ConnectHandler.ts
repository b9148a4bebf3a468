import { createConnectRouter } from "@connectrpc/connect"
import { universalServerRequestFromFetch, universalServerResponseToFetch } from "@connectrpc/connect/protocol"
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
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]))

  // The call has the signal of the controller itself: that of a Request, and one made of several, stop following once what
  // they follow with is collected as garbage, and then nobody tells the call that its caller has gone.
  return (request: Request, controller: AbortController): Promise<Response> | undefined => {
    const handle = handlers.get(new URL(request.url).pathname)
    const asked = { ...universalServerRequestFromFetch(request, { httpVersion: "1.1" }), signal: controller.signal }
    return handle?.(asked).then((answer) => endedWithReader(universalServerResponseToFetch(answer), controller))
  }
})
