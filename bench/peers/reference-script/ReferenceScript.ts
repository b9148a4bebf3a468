import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { respCommand } from "../../RespCommand.ts"

const source = readFileSync(new URL("book-2.lua", import.meta.url), "utf8")
const sha = createHash("sha1").update(source).digest("hex")

const zset = (run: number): string => `redis:ZSET:R${run}:SL:LB`
const bitmap = (run: number): string => `redis:BITMAP:R${run}:SL:LB`

/** What Redis is told before the clock starts: the script, and of each run the seats of one class that are free. */
export const seedReference = (runs: number, seats: { readonly all: number; readonly sold: number }) => [
  respCommand(["SCRIPT", "LOAD", source]),
  ...Array.from({ length: runs }, (_, run) => [
    respCommand([
      "ZADD",
      zset(run),
      ...Array.from({ length: seats.all - seats.sold }, (__, n) => [n + seats.sold, `SL-${n + seats.sold + 1}`]).flat()
    ]),
    respCommand(["SET", bitmap(run), Buffer.alloc(seats.all / 8).fill(255, 0, seats.sold / 8)])
  ]).flat()
]

/** One passenger seated, in each run in turn. */
export const referenceCalls = (runs: number): ReadonlyArray<Uint8Array> =>
  Array.from({ length: runs }, (_, run) => respCommand(["EVALSHA", sha, 2, zset(run), bitmap(run)]))
