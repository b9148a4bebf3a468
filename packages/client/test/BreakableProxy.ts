import { Effect } from "effect"
import { connect, createServer, type Socket } from "node:net"

/** A way to a server whose connections can all be broken at once. */
export const make = Effect.fnUntraced(function*(url: string) {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  const follow = (socket: Socket) => {
    sockets.add(socket)
    socket.on("error", () => socket.destroy())
    socket.once("close", () => sockets.delete(socket))
  }
  const breakAll = Effect.sync(() => {
    for (const socket of sockets) socket.destroy()
  })
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname)
    follow(near)
    follow(far)
    near.pipe(far)
    far.pipe(near)
  })
  const port = yield* Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () => Effect.andThen(breakAll, Effect.sync(() => server.close()))
  )
  return { url: `http://127.0.0.1:${port}`, breakAll }
})
