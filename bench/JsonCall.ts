import { Agent, request } from "node:http"

export interface JsonAnswer {
  readonly status: number
  readonly millis: number
  /** Both ways, with headers; without those of TCP and IP. */
  readonly bytes: number
}

/** Calls over one connection that is kept, one after another. */
export class JsonCaller {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  #bytesBefore = 0

  send(url: string, options: { readonly token?: string; readonly body?: unknown } = {}): Promise<JsonAnswer> {
    const startedAt = performance.now()
    const body = options.body === undefined ? undefined : JSON.stringify(options.body)
    return new Promise((resolve, reject) => {
      const call = request(url, {
        method: body === undefined ? "GET" : "POST",
        agent: this.#agent,
        headers: {
          ...options.token === undefined ? {} : { authorization: `Bearer ${options.token}` },
          ...body === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }
        }
      }, (answer) => {
        const { socket } = answer
        answer.resume()
        answer.once("end", () => {
          const all = socket.bytesRead + socket.bytesWritten
          const bytes = all < this.#bytesBefore ? all : all - this.#bytesBefore
          this.#bytesBefore = all
          resolve({ status: answer.statusCode ?? 0, millis: performance.now() - startedAt, bytes })
        })
      })
      call.once("error", reject)
      call.end(body)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}
