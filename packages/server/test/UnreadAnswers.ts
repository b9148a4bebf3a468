import { WebSocket } from "@effect/platform-node/NodeWS"
import { Effect } from "effect"

/** Calls that are sent at once: fewer than a connection may have under way, so that none is refused. */
const callsAtOnce = 50

const opened = (url: string) =>
  Effect.acquireRelease(
    Effect.callback<WebSocket>((resume) => {
      const socket = new WebSocket(`${url.replace(/^http/, "ws")}/rpc/ws`)
      socket.on("error", () => {})
      socket.once("open", () => resume(Effect.succeed(socket)))
    }),
    (socket) => Effect.sync(() => socket.terminate())
  )

/**
 * Callers who ask for a coach's berths on and on and read nothing, beside one who reads. They ask as fast as that one is
 * answered, so that a server that would answer them all keeps their answers by then.
 */
export const askersAndReader = Effect.fnUntraced(function*(url: string, date: string, askers: number) {
  const reader = yield* opened(url)
  const others = yield* Effect.forEach(Array.from({ length: askers }), () => opened(url))
  for (const socket of others) socket.pause()
  let id = 0
  const ask = (socket: WebSocket) => {
    for (let call = 0; call < callsAtOnce; call++) {
      const payload = { trainId: "101", date, travelClass: "SL" }
      socket.send(`${JSON.stringify({ _tag: "Request", id: String(++id), tag: "Seats", payload, headers: [] })}\n`)
    }
  }
  const answered = Effect.callback<void>((resume) => {
    let answers = 0
    const hear = (data: unknown) => {
      answers += String(data).split("\n").length - 1
      if (answers < callsAtOnce) return
      reader.off("message", hear)
      resume(Effect.void)
    }
    reader.on("message", hear)
    ask(reader)
  })
  return {
    /** The reader alone asks and is answered. */
    read: answered,
    /** All ask, and the reader is answered. */
    askAndRead: Effect.suspend(() => {
      for (const socket of others) {
        if (socket.readyState === WebSocket.OPEN) ask(socket)
      }
      return answered
    })
  }
})
