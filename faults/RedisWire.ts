import { luaScript } from "@berth/engine/inventory/LuaScript"
import { readdirSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Answer, Request, Wire } from "./Wire.ts"

const scripts = join(dirname(fileURLToPath(import.meta.resolve("@berth/engine/inventory/LuaScript"))), "scripts")

/** Names of the engine's scripts by the hash by which they are called. */
const scriptNames = new Map(
  readdirSync(scripts).filter((file) => file.endsWith(".lua")).map((file) => {
    const name = file.slice(0, -".lua".length)
    return [luaScript(name).sha, name]
  })
)

const incomplete = -1

const lineEnd = (bytes: Buffer, from: number): number => {
  const end = bytes.indexOf("\r\n", from)
  return end < 0 ? incomplete : end + 2
}

/** Where the value that begins at `from` ends, or `incomplete`. */
const valueEnd = (bytes: Buffer, from: number): number => {
  const end = lineEnd(bytes, from)
  if (end === incomplete) return incomplete
  const type = String.fromCharCode(bytes[from] ?? 0)
  const size = Number(bytes.toString("latin1", from + 1, end - 2))
  if ("$!=".includes(type)) {
    const stop = size < 0 ? end : end + size + 2
    return stop <= bytes.length ? stop : incomplete
  }
  if (!"*~>%".includes(type)) return end
  let at = end
  for (let left = type === "%" ? 2 * size : size; left > 0; left--) {
    at = valueEnd(bytes, at)
    if (at === incomplete) return incomplete
  }
  return at
}

/** The first texts of a command. */
const words = (command: Buffer, count: number): ReadonlyArray<string> => {
  const found: Array<string> = []
  let at = lineEnd(command, 0)
  while (found.length < count && at < command.length) {
    const start = lineEnd(command, at)
    const size = Number(command.toString("latin1", at + 1, start - 2))
    found.push(command.toString("latin1", start, start + size))
    at = start + size + 2
  }
  return found
}

const stepOf = (command: Buffer): string => {
  const [name = "", first = ""] = words(command, 2)
  return name.toUpperCase() === "EVALSHA" ? scriptNames.get(first) ?? "unknown script" : name.toUpperCase()
}

const cutter = <A>(make: (value: Buffer) => A) => {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk: Buffer): ReadonlyArray<A> => {
    const found: Array<A> = []
    rest = Buffer.concat([rest, chunk])
    let at = 0
    while (at < rest.length) {
      const end = valueEnd(rest, at)
      if (end === incomplete) break
      found.push(make(rest.subarray(at, end)))
      at = end
    }
    rest = rest.subarray(at)
    return found
  }
}

/** Commands and replies of Redis's protocol. */
export const redisWire = (): Wire => ({
  requests: cutter<Request>((bytes) => ({ bytes, call: { step: stepOf(bytes), commits: true }, answered: true })),
  answers: cutter<Answer>((bytes) => ({ bytes, ends: true }))
})
