import { Effect } from "effect"
import { createConnection, createServer, type Socket } from "node:net"

/** A way to a store through which nothing passes while it is shut: neither bytes nor the end of a connection. */
export const make = Effect.fnUntraced(function*(address: string) {
  const target = new URL(address)
  const sockets = new Set<Socket>()
  const pairs = new Set<readonly [Socket, Socket]>()
  let shut = false

  const server = createServer((near) => {
    const far = createConnection({ host: target.hostname, port: Number(target.port) })
    const pair = [near, far] as const
    pairs.add(pair)
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.add(from)
      from.on("error", () => to.destroy())
      from.on("close", () => {
        to.destroy()
        pairs.delete(pair)
      })
      from.on("data", (bytes) => to.write(bytes))
    }
    if (shut) {
      near.pause()
      far.pause()
    }
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
  )
  const at = server.address()
  if (at === null || typeof at === "string") {
    return yield* Effect.die(new Error("the gate has no port"))
  }
  const through = new URL(address)
  through.hostname = "127.0.0.1"
  through.port = String(at.port)

  const set = (closed: boolean) =>
    Effect.sync(() => {
      shut = closed
      for (const socket of [...pairs].flat()) {
        if (closed) socket.pause()
        else socket.resume()
      }
    })
  return {
    /** The address of the store, by this way. */
    address: through.href,
    shut: set(true),
    open: set(false)
  }
})
