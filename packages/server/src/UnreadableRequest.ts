import { STATUS_CODES } from "node:http"
import { Socket } from "node:net"
import type { Duplex } from "node:stream"

const statusByCode = new Map([["HPE_HEADER_OVERFLOW", 431], ["ERR_HTTP_REQUEST_TIMEOUT", 408]])

const details = new Map([
  [431, "The headers are larger than the server takes."],
  [408, "The request did not arrive in time."]
])

/** Whether a request whose parser gave up asks for no body; its first bytes come with the error. */
const asksForHead = (error: NodeJS.ErrnoException): boolean =>
  "rawPacket" in error && error.rawPacket instanceof Uint8Array &&
  Buffer.from(error.rawPacket.subarray(0, 5)).toString("latin1") === "HEAD "

/**
 * How long the rest of what was refused is waited for, and how many pieces of it are read: a connection that is closed
 * before the rest has come loses the answer on its way.
 */
const lingerMillis = 1_000
const piecesMax = 64

/** Pieces read of what was refused. */
const refused = new WeakMap<Duplex, number>()

/** Answers what is no HTTP request, or one whose headers never ended, with the same documents as every other failure. */
export const answerUnreadable = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  const pieces = refused.get(socket)
  if (pieces !== undefined) {
    // Each further piece is an error of its own.
    refused.set(socket, pieces + 1)
    if (pieces > piecesMax) socket.destroy()
    return
  }
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy()
    return
  }
  refused.set(socket, 0)
  if (socket instanceof Socket) socket.setTimeout(lingerMillis, () => socket.destroy())
  const status = statusByCode.get(error.code ?? "") ?? 400
  const title = STATUS_CODES[status] ?? ""
  const body = JSON.stringify({
    _tag: "UnreadableRequest",
    type: "urn:berth:problem:UnreadableRequest",
    title,
    status,
    detail: details.get(status) ?? "This is not a request of HTTP/1.1."
  })
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${asksForHead(error) ? "" : body}`
  )
}
