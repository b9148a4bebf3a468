import type { IncomingMessage, RequestListener, ServerResponse } from "node:http"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"

const toRequest = (incoming: IncomingMessage, signal: AbortSignal): Request => {
  const { headers, method = "GET", url = "/" } = incoming
  const bodyless = method === "GET" || method === "HEAD"
  return new Request(new URL(url, `http://${headers.host ?? "localhost"}`), {
    method,
    headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
    signal,
    ...(bodyless ? {} : { body: Readable.toWeb(incoming), duplex: "half" })
  })
}

const answer = async (response: Response, outgoing: ServerResponse): Promise<void> => {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  if (response.body === null) {
    outgoing.end()
  } else {
    await pipeline(Readable.fromWeb(response.body), outgoing)
  }
}

/** Lets a function from request to response answer the requests of a server of Node's. */
export const toListener =
  (handler: (request: Request) => Promise<Response>): RequestListener => (incoming, outgoing) => {
    const hungUp = new AbortController()
    outgoing.once("close", () => {
      if (!outgoing.writableEnded) hungUp.abort()
    })
    handler(toRequest(incoming, hungUp.signal))
      .then((response) => answer(response, outgoing))
      .catch((error) => {
        if (!hungUp.signal.aborted) console.error(error)
        outgoing.destroy()
      })
  }
