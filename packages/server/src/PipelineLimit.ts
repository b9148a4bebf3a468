import type { Socket } from "node:net"
import type { RequestTaker } from "./RequestTakers.ts"

/** Requests of one connection that are worked on at once. HTTP/1.1 lets callers send on without an answer; few do. */
export const pipelinedMax = 32

/**
 * Ends a connection that sends on without waiting for answers, before its requests are looked at: Node works on all of
 * them at once, and a single one could take the places of everybody.
 */
export const pipelineLimit = (): RequestTaker => {
  const underWay = new WeakMap<Socket, number>()
  return ({ socket }, response) => {
    const requests = (underWay.get(socket) ?? 0) + 1
    if (requests > pipelinedMax) {
      socket.destroy()
      return true
    }
    underWay.set(socket, requests)
    response.once("close", () => underWay.set(socket, (underWay.get(socket) ?? 1) - 1))
    return false
  }
}
