import { connect, type Socket } from "node:net"
import { setTimeout as pause } from "node:timers/promises"
import { mebibytes, residentBytes } from "../ProcessMemory.ts"
import type { Row } from "../Row.ts"

const idleSockets = 2_000
const slowSockets = 400
/** On each server, a second. The attack comes from the process that also books, so that it must not take all of it. */
const hugeBodiesPerSecond = 4
const nonsensePerSecond = 10
const hugeBytes = 8 * 1024 * 1024

/** Memory that a server may grow by under all of it, bytes. */
const growthMax = 400 * 1024 * 1024

/** Bookings that the others make in those 15 s, at the least. */
const servedMin = 30

const open = (port: number, connected: (socket: Socket) => void): Socket => {
  const socket = connect({ host: "127.0.0.1", port })
  socket.on("error", () => socket.destroy())
  socket.on("data", () => {})
  socket.once("connect", () => connected(socket))
  return socket
}

/** Sends a request's head a byte at a time and never comes to its end. */
const slowloris = (port: number): Socket =>
  open(port, (socket) => {
    socket.write("POST /api/bookings HTTP/1.1\r\nhost: berth\r\n")
    const timer = setInterval(() => socket.write("x"), 500)
    socket.once("close", () => clearInterval(timer))
  })

/** Sends a body far above the limit, for as long as it is read. */
const hugeBody = (port: number, token: string, hear: (status: string) => void): Socket =>
  open(port, (socket) => {
    const head = ["POST /api/bookings HTTP/1.1", "host: berth", `authorization: Bearer ${token}`]
    socket.write(`${head.join("\r\n")}\r\ncontent-type: application/json\r\ncontent-length: ${hugeBytes}\r\n\r\n`)
    const chunk = Buffer.alloc(64 * 1024, "a")
    let left = hugeBytes
    socket.once("data", (answer: Buffer) => hear(answer.toString("latin1", 9, 12)))
    const write = () => {
      while (left > 0 && !socket.destroyed && socket.write(chunk)) left -= chunk.length
    }
    socket.on("drain", write)
    write()
  })

/** Says things that are no HTTP. */
const garbage = (port: number): Socket => open(port, (socket) => socket.write(Buffer.alloc(64 * 1024, "\0\r\n\xff")))

/** Callers who hold connections, trickle, send too much and talk nonsense, while others book. */
export const hostileClients: Row = {
  name: "hostile-clients",
  fault: `${idleSockets} idle sockets, ${slowSockets} slowloris, bodies of 8 MiB, nonsense, on each server`,
  brief: false,
  nativeRedis: false,
  run: async ({ cluster, injected, load, note, problem }) => {
    const resident = () => Math.max(...cluster.servers.map(residentBytes))
    const before = resident()
    const acknowledged = load.log.acknowledged
    let most = before
    const sockets: Array<Socket> = []
    const heard = new Map<string, number>()
    const hear = (status: string) => heard.set(status, (heard.get(status) ?? 0) + 1)
    const many = (count: number, make: () => Socket) => {
      for (let made = 0; made < count; made++) sockets.push(make())
      injected(count)
    }
    for (const { port } of cluster.servers) {
      many(idleSockets, () => open(port, () => {}))
      many(slowSockets, () => slowloris(port))
    }
    const until = performance.now() + 15_000
    while (performance.now() < until) {
      for (const { port } of cluster.servers) {
        many(hugeBodiesPerSecond, () => hugeBody(port, cluster.token, hear))
        many(nonsensePerSecond, () => garbage(port))
      }
      await pause(1000)
      most = Math.max(most, resident())
    }
    const served = load.log.acknowledged - acknowledged
    for (const socket of sockets) socket.destroy()
    note(
      `${served} bookings meanwhile; a server's memory went from ${mebibytes(before)} to ${mebibytes(most)} MiB at most`
    )
    note(`bodies of 8 MiB were answered with ${[...heard].map(([what, times]) => `${what} ${times} times`).join(", ")}`)
    if (served < servedMin) problem(`only ${served} bookings were made under the attack`)
    if (most - before > growthMax) problem(`a server grew by ${mebibytes(most - before)} MiB`)
  }
}
