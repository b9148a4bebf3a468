import { WebSocket } from "@effect/platform-node/NodeWS"
import type { Operation } from "../JsonSchema.ts"
import type { Aim } from "./Aim.ts"
import type { Chance } from "./Chance.ts"
import { judgeRpc, lineOf } from "./RpcDoor.ts"
import { answerMillisMax, excerpt, type Seen, type Shot } from "./Shot.ts"

/** Codes that say what is wrong with what was sent: RFC 6455, 7.4.1. */
const refusing = new Set([1002, 1003, 1007, 1008, 1009])

const opened = (url: URL): Promise<WebSocket> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${url.host}/rpc/ws`)
    socket.on("error", reject).once("open", () => resolve(socket))
  })

/** How often a socket is asked for. */
const openingsMax = 5

/**
 * A socket that the server took. Where the machine keeps this process waiting between connecting and asking, the server
 * ends the connection with 408, and rightly so.
 */
const taken = async (url: URL, openings = 1): Promise<WebSocket> => {
  try {
    return await opened(url)
  } catch (error) {
    if (openings < openingsMax && String(error).endsWith(": 408")) return taken(url, openings + 1)
    throw error
  }
}

/** Sockets that are kept, each used by one at a time. */
export class SocketPool {
  readonly #url: URL
  readonly #free: Array<WebSocket> = []

  constructor(url: URL) {
    this.#url = url
  }

  async take(): Promise<WebSocket> {
    return this.#free.pop() ?? await taken(this.#url)
  }

  give(socket: WebSocket): void {
    if (socket.readyState === WebSocket.OPEN) this.#free.push(socket)
  }

  close(): void {
    for (const socket of this.#free) socket.terminate()
  }
}

const heard = (socket: WebSocket, data: string | Uint8Array, id: string | undefined): Promise<Seen> =>
  new Promise((resolve) => {
    const timer = setTimeout(
      () => end({ outcome: "no answer", text: "", fault: "there is no answer" }),
      answerMillisMax
    )
    const message = (received: unknown) => {
      const text = String(received)
      if (id === undefined || text.includes(`"requestId":"${id}"`) || text.includes("\"Defect\"")) end(judgeRpc(text))
    }
    const closed = (code: number) =>
      end({ outcome: `closed ${code}`, text: "", ...(refusing.has(code) ? {} : { fault: "closed as by a fault" }) })
    const end = (seen: Seen) => {
      clearTimeout(timer)
      socket.off("message", message)
      socket.off("close", closed)
      resolve(seen)
    }
    socket.on("message", message)
    socket.once("close", closed)
    socket.send(data)
    // Whatever was sent, who still listens answers this.
    if (id === undefined) socket.send("{\"_tag\":\"Ping\"}\n")
  })

/** A bad remote call over a WebSocket. */
export const socketShot = (
  operation: Operation,
  aim: Aim,
  pool: SocketPool,
  index: number,
  chance: Chance
): Shot => {
  const { id, text } = lineOf(operation, aim, `f${index}`, chance)
  const huge = chance.is(0.005)
  const data = huge ? Buffer.alloc(300_000, 32) : chance.is(0.1) ? Buffer.from(text) : text
  return {
    name: `WebSocket ${operation.name}`,
    sent: huge ? "300,000 bytes" : excerpt(text),
    send: async () => {
      const socket = await pool.take()
      const seen = await heard(socket, data, huge ? undefined : id)
      // A watch would go on, and a socket on which a message was cut off waits for its rest.
      if (operation.streams || id === undefined) {
        socket.terminate()
      } else {
        pool.give(socket)
      }
      return seen
    }
  }
}
