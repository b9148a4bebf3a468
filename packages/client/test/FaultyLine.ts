import { Effect, Queue, Schema } from "effect"
import { connect, createServer, type Server, type Socket } from "node:net"

/** What the line does with whoever comes: `whole` passes all, `deaf` loses what is answered, `cut` hangs up at once. */
export type LineState = "whole" | "deaf" | "cut"

const Address = Schema.Struct({ port: Schema.Int })

const listen = (server: Server) =>
  Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
      })
  )

/** A TCP line to a server, which can be made to fail. */
export const make = Effect.fnUntraced(function*(target: string) {
  const { hostname, port } = new URL(target)
  let state: LineState = "whole"
  const open = new Set<Socket>()
  /** One entry for each connection that the line broke: the state that it was in. */
  const broken = yield* Queue.unbounded<LineState>()
  /** Says that an answer has passed, or at least a part of one. */
  const passed = yield* Queue.sliding<void>(1)

  const server = createServer((caller) => {
    const breakOff = () => {
      Queue.offerUnsafe(broken, state)
      caller.destroy()
    }
    if (state === "cut") return breakOff()
    const berth = connect({ host: hostname, port: Number(port) })
    for (const [from, to] of [[caller, berth], [berth, caller]] as const) {
      open.add(from)
      // Whichever end goes first, both go, and why does not matter to a line.
      from.on("error", () => from.destroy())
      from.once("close", () => {
        open.delete(from)
        to.destroy()
      })
    }
    caller.on("data", (bytes) => berth.write(bytes))
    berth.on("data", (bytes) => {
      if (state === "deaf") return breakOff()
      caller.write(bytes)
      Queue.offerUnsafe(passed, undefined)
    })
  })
  const hangUp = Effect.sync(() => {
    for (const socket of open) socket.destroy()
  })
  yield* listen(server)
  // Before the server closes, which waits for its connections.
  yield* Effect.addFinalizer(() => hangUp)
  const address = yield* Schema.decodeUnknownEffect(Address)(server.address())

  return {
    url: `http://127.0.0.1:${address.port}`,
    broken,
    passed,
    become: (next: LineState) =>
      Effect.andThen(
        Effect.sync(() => {
          state = next
        }),
        next === "cut" ? hangUp : Effect.void
      )
  }
})
