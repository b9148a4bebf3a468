import { IncomingMessage, Server, ServerResponse } from "node:http"

/** Looks at a request before the server's listeners do; true keeps it from them. */
export type RequestTaker = (request: IncomingMessage, response: ServerResponse) => boolean

/** Has requests looked at in the order in which takers were added. A listener could not keep a request from the others. */
export const takeRequests = (server: Server): (taker: RequestTaker) => void => {
  const takers: Array<RequestTaker> = []
  const isTaken = (request: unknown, response: unknown): boolean =>
    request instanceof IncomingMessage && response instanceof ServerResponse &&
    takers.some((taker) => taker(request, response))

  Object.defineProperty(server, "emit", {
    value: (event: string | symbol, ...given: ReadonlyArray<unknown>): boolean =>
      event === "request" && isTaken(given[0], given[1]) ||
      Reflect.apply(Server.prototype.emit, server, [event, ...given])
  })
  return (taker) => {
    takers.push(taker)
  }
}
