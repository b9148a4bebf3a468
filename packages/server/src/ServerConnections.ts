import type { Server } from "node:http"
import type { Socket } from "node:net"
import type { RequestTaker } from "./RequestTakers.ts"

/**
 * Follows a server's connections, and answers how to close them when it stops: those that wait for a request at once, the
 * others after their answer. Node closes by itself only those that have had a request, and browsers open more.
 */
export const followConnections = (server: Server, follow: (taker: RequestTaker) => void): () => void => {
  const waiting = new Set<Socket>()
  let stopping = false

  server.on("connection", (socket) => {
    waiting.add(socket)
    socket.once("close", () => waiting.delete(socket))
  })
  // Whoever upgraded a connection closes it.
  server.on("upgrade", ({ socket }) => waiting.delete(socket))
  follow(({ socket }, response) => {
    waiting.delete(socket)
    response.once("close", () => {
      if (stopping) {
        socket.end()
      } else if (!socket.destroyed) {
        waiting.add(socket)
      }
    })
    return false
  })

  return () => {
    stopping = true
    for (const socket of waiting) {
      socket.destroy()
    }
  }
}
