import { Agent, request } from "node:http"

const agent = new Agent({ keepAlive: true, maxSockets: 256 })

/** Answers that a caller waits for no longer. */
const patienceMillis = 12_000

/** What came back, or that nothing did: then nobody knows what became of the call. */
export type Answered =
  | {
    readonly kind: "answer"
    readonly status: number
    readonly body: unknown
    readonly retryAfter: string | undefined
  }
  | { readonly kind: "none"; readonly why: string; readonly refused: boolean }

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Makes one call, once. */
export const call = (options: {
  readonly url: string
  readonly method: "GET" | "POST" | "PUT"
  readonly token: string
  readonly key?: string
  readonly body?: unknown
}): Promise<Answered> =>
  new Promise((resolve) => {
    const body = options.body === undefined ? "" : JSON.stringify(options.body)
    const sent = request(options.url, {
      method: options.method,
      agent,
      headers: {
        authorization: `Bearer ${options.token}`,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        ...(options.key === undefined ? {} : { "idempotency-key": options.key })
      }
    })
    const timer = setTimeout(() => sent.destroy(new Error("no answer in time")), patienceMillis)
    const none = (error: Error & { code?: string }) => {
      clearTimeout(timer)
      resolve({ kind: "none", why: error.message, refused: error.code === "ECONNREFUSED" })
    }
    sent.once("error", none)
    sent.once("response", (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.once("error", none)
      response.once("end", () => {
        clearTimeout(timer)
        const text = Buffer.concat(chunks).toString("utf8")
        resolve({
          kind: "answer",
          status: response.statusCode ?? 0,
          body: parse(text),
          retryAfter: response.headers["retry-after"]
        })
      })
    })
    sent.end(body)
  })

export const closeConnections = (): void => agent.destroy()
