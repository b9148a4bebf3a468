import { connect } from "node:net"

/** What came of a load. */
export interface LoadResult {
  readonly seconds: number
  readonly statuses: ReadonlyMap<number, number>
  /** Latency by share of calls, ms. */
  readonly quantile: (share: number) => number
}

interface Load {
  readonly url: string
  readonly connections: number
  readonly calls: number
  /** The n-th request: its method, path, headers and body. */
  readonly request: (n: number) => {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  }
}

const encode = (host: string, request: ReturnType<Load["request"]>): string =>
  [
    `${request.method} ${request.path} HTTP/1.1`,
    `host: ${host}`,
    ...Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(request.body)}`,
    "",
    request.body
  ].join("\r\n")

/** Length of a whole answer in the text, or 0 while it is not whole. */
const wholeLength = (text: string): number => {
  const end = text.indexOf("\r\n\r\n")
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1]
  if (end < 0 || length === undefined) {
    return 0
  }
  const total = end + 4 + Number(length)
  return text.length >= total ? total : 0
}

/**
 * Drives a server over keep-alive connections, each with one call under way, as many calls as asked for. Written on bare
 * sockets, because the client shares the cores with what it measures. Bodies of answers must be ASCII.
 */
export const drive = async ({ calls, connections, request, url }: Load): Promise<LoadResult> => {
  const { host, hostname, port } = new URL(url)
  const statuses = new Map<number, number>()
  const latencies: Array<number> = []
  let next = 0
  const startedAt = performance.now()

  const worker = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true })
      let text = ""
      let sentAt = 0
      const send = () => {
        if (next >= calls) {
          socket.end()
          resolve()
          return
        }
        sentAt = performance.now()
        socket.write(encode(host, request(next++)))
      }
      socket.setEncoding("latin1")
      socket.on("connect", send)
      socket.on("error", reject)
      socket.on("data", (chunk: string) => {
        text += chunk
        const length = wholeLength(text)
        if (length > 0) {
          latencies.push(performance.now() - sentAt)
          const status = Number(text.slice(9, 12))
          statuses.set(status, (statuses.get(status) ?? 0) + 1)
          text = text.slice(length)
          send()
        }
      })
    })
  await Promise.all(Array.from({ length: connections }, worker))
  const seconds = (performance.now() - startedAt) / 1000
  latencies.sort((left, right) => left - right)
  return {
    seconds,
    statuses,
    quantile: (share) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? 0
  }
}
