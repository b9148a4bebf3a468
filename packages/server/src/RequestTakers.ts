import { IncomingMessage, Server, ServerResponse } from "node:http"

/** Looks at a request before the server's listeners do, and says whether it has taken it from them. */
export type RequestTaker = (request: IncomingMessage, response: ServerResponse) => boolean

/**
 * Shows each request of a server to takers, in turn, until one takes it; answers how to add one, and the one added how to
 * leave. A listener could not keep a request from the others.
 */
export const showRequests = (server: Server) => {
  const takers: Array<RequestTaker> = []

  const isTaken = (request: unknown, response: unknown): boolean =>
    request instanceof IncomingMessage && response instanceof ServerResponse &&
    takers.some((take) => take(request, response))

  Object.defineProperty(server, "emit", {
    value: (event: string | symbol, ...given: ReadonlyArray<unknown>): boolean =>
      event === "request" && isTaken(given[0], given[1]) ||
      Reflect.apply(Server.prototype.emit, server, [event, ...given])
  })

  return (taker: RequestTaker): () => void => {
    takers.push(taker)
    return () => {
      takers.splice(takers.indexOf(taker), 1)
    }
  }
}
