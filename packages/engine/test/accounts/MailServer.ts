import { Effect, Queue } from "effect"
import { createServer, type Socket } from "node:net"

export interface Received {
  readonly from: string
  readonly to: string
  readonly data: string
}

/** Speaks as much SMTP (RFC 5321) as a sender needs; `greeting` is what it says first. */
const converse = (socket: Socket, greeting: string, receive: (mail: Received) => void) => {
  let from = ""
  let to = ""
  let data: Array<string> | undefined
  let rest = ""
  const reply = (line: string) => socket.write(`${line}\r\n`)

  const take = (line: string) => {
    if (data !== undefined) {
      if (line !== ".") return void data.push(line)
      receive({ from, to, data: data.join("\n") })
      data = undefined
      return reply("250 kept")
    }
    const [verb = "", rest_ = ""] = [line.slice(0, 4).toUpperCase(), line.slice(5)]
    if (verb === "MAIL") from = rest_
    if (verb === "RCPT") to = rest_
    if (verb === "DATA") data = []
    if (verb === "QUIT") return socket.end("221 bye\r\n")
    return reply(verb === "DATA" ? "354 go on" : "250 well")
  }
  socket.setEncoding("utf8").on("error", () => {}).on("data", (chunk) => {
    const lines = `${rest}${String(chunk)}`.split("\r\n")
    rest = lines.pop() ?? ""
    for (const line of lines) take(line)
  })
  reply(greeting)
}

/** A mail server on a port of its own that keeps what it gets. */
export const mailServer = Effect.fnUntraced(function*(greeting = "220 ready") {
  const received = yield* Queue.unbounded<Received>()
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections++
    sockets.add(socket.once("close", () => sockets.delete(socket)))
    converse(socket, greeting, (mail) => Queue.offerUnsafe(received, mail))
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () =>
      Effect.sync(() => {
        server.close()
        for (const socket of sockets) socket.destroy()
      })
  )
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return { url: `smtp://127.0.0.1:${port}`, received, connections: () => connections }
})
