import { STATUS_CODES } from "node:http"
import type { Duplex } from "node:stream"
import { setTimeout } from "node:timers"

const statusByCode = new Map([["HPE_HEADER_OVERFLOW", 431], ["ERR_HTTP_REQUEST_TIMEOUT", 408]])

const details = new Map([
  [431, "The headers are larger than the server takes."],
  [408, "The request did not arrive in time."]
])

/** How long the rest of what was refused is read: a connection closed before that loses the answer on its way. */
const lingerMillis = 1_000

const answered = new WeakSet<Duplex>()

/** Answers what is no HTTP request, or one whose headers never ended, with the same documents as every other failure. */
export const answerUnreadable = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  // Each further piece of the same is an error of its own.
  if (answered.has(socket)) {
    return
  }
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy()
    return
  }
  answered.add(socket)
  setTimeout(() => socket.destroy(), lingerMillis).unref()
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
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}
