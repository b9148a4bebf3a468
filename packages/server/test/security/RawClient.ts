import { Effect, Fiber } from "effect"
import { connect, type Socket } from "node:net"

/** A connection on which nothing has been said yet. */
export const openSocket = (url: URL) =>
  Effect.acquireRelease(
    Effect.callback<Socket>((resume) => {
      const socket = connect(Number(url.port), url.hostname, () => resume(Effect.succeed(socket)))
      socket.on("error", () => {})
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

/** All that comes until the server ends the connection. */
export const untilEnd = (socket: Socket) =>
  Effect.callback<string>((resume) => {
    const chunks: Array<Buffer> = []
    const done = () => resume(Effect.succeed(Buffer.concat(chunks).toString("latin1")))
    socket.on("data", (chunk: Buffer) => chunks.push(chunk))
    socket.once("close", done)
    if (socket.destroyed) done()
  })

/** Sends bytes on a connection of its own and reads until the server has ended it. */
export const exchangeRaw = (url: URL, sent: string | Uint8Array) =>
  Effect.scoped(Effect.gen(function*() {
    const socket = yield* openSocket(url)
    const answer = yield* Effect.forkChild(untilEnd(socket), { startImmediately: true })
    socket.write(sent)
    return yield* Fiber.join(answer)
  }))

/** The statuses of the answers in what came, in order. */
export const statusesOf = (text: string): ReadonlyArray<number> =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
