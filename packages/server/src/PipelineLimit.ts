import { IncomingMessage, Server, ServerResponse } from "node:http"
import type { Socket } from "node:net"

/** Requests of one connection that are worked on at once. HTTP/1.1 lets callers send on without an answer; few do. */
export const pipelinedMax = 32

/**
 * Ends a connection that sends on without waiting for answers, before its requests are looked at: Node works on all of
 * them at once, and a single one could take the places of everybody.
 */
export const limitPipelining = (server: Server): void => {
  const underWay = new WeakMap<Socket, number>()

  const floods = (request: unknown, response: unknown): boolean => {
    if (!(request instanceof IncomingMessage && response instanceof ServerResponse)) {
      return false
    }
    const { socket } = request
    const requests = (underWay.get(socket) ?? 0) + 1
    if (requests > pipelinedMax) {
      socket.destroy()
      return true
    }
    underWay.set(socket, requests)
    response.once("close", () => underWay.set(socket, (underWay.get(socket) ?? 1) - 1))
    return false
  }

  // A listener could not keep the request from the others.
  Object.defineProperty(server, "emit", {
    value: (event: string | symbol, ...given: ReadonlyArray<unknown>): boolean =>
      event === "request" && floods(given[0], given[1]) ||
      Reflect.apply(Server.prototype.emit, server, [event, ...given])
  })
}
