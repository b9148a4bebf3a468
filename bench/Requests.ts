/** Requests as they go over the wire, made before the clock starts. */

interface HttpRequest {
  readonly url: string
  readonly method: "GET" | "POST"
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export const httpRequest = ({ body, headers = {}, method, path, url }: HttpRequest): Uint8Array => {
  const text = body === undefined ? "" : JSON.stringify(body)
  const all = {
    host: new URL(url).host,
    ...headers,
    ...(body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return Buffer.from([`${method} ${path} HTTP/1.1`, ...lines, "", text].join("\r\n"))
}

/** Opens the WebSocket of remote calls. */
export const rpcOpening = (url: string, token: string): Uint8Array =>
  httpRequest({
    url,
    method: "GET",
    path: "/rpc/ws",
    headers: {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "YmVydGggYmVuY2ggZHJpdg==",
      authorization: `Bearer ${token}`,
      "berth-rpc-version": "2"
    }
  })

/**
 * A remote call in a WebSocket frame. A client must mask its frames with a key that others cannot foresee; here nobody
 * stands between, and with a key of zeros the text stays as it is.
 */
export const rpcFrame = (id: number, tag: string, payload: unknown): Uint8Array => {
  const text = Buffer.from(`${JSON.stringify({ _tag: "Request", id: String(id), tag, payload, headers: [] })}\n`)
  const head = Buffer.alloc(text.length < 126 ? 6 : 8)
  head[0] = 0x81
  head[1] = 0x80 | Math.min(126, text.length)
  if (text.length >= 126) head.writeUInt16BE(text.length, 2)
  return Buffer.concat([head, text])
}
