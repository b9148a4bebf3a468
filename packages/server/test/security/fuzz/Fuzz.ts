import { readFileSync } from "node:fs"
import { Agent } from "node:http"
import { grpcOperations, httpOperations, rpcOperations } from "../JsonSchema.ts"
import type { Aim } from "./Aim.ts"
import { Chance } from "./Chance.ts"
import { GrpcConnection, grpcShot } from "./GrpcDoor.ts"
import { httpShot } from "./HttpDoor.ts"
import { rpcShot } from "./RpcDoor.ts"
import { excerpt, type Seen, type Shot } from "./Shot.ts"
import { SocketPool, socketShot } from "./SocketDoor.ts"

const concurrency = 16

/** Faults of a kind that are told in full; the first tell enough. */
const faultsToldMax = 5

/** How often the server's memory is looked at, in equal parts of the requests. */
const looks = 10

/** Looks after which it has made what it keeps. */
const warmLooks = 2

export interface Report {
  readonly outcomes: ReadonlyMap<string, number>
  readonly refused: number
  readonly faults: ReadonlyArray<string>
  /** Resident memory of the server after each tenth of the requests; by the second it has made what it keeps. */
  readonly rssBytes: { readonly all: ReadonlyArray<number>; readonly warm: number; readonly end: number }
}

/** Memory of a process that is not swapped out. Linux only. */
export const residentBytes = (pid: number): number => {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? []
  return Number(kibibytes) * 1024
}

const makeShots = (aim: Aim, seed: number) => {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency })
  const pool = new SocketPool(aim.url)
  const grpc = new GrpcConnection(aim.grpcUrl)
  const shot = (index: number): Shot => {
    // Of its own, so that a request is the same whichever came before it.
    const chance = new Chance(Math.imul(seed + 1, 2_654_435_761) + Math.imul(index, 40_503))
    const door = chance.next()
    if (door < 0.5) return httpShot(chance.pick(httpOperations), aim, agent, chance)
    if (door < 0.7) return rpcShot(chance.pick(rpcOperations), aim, agent, chance)
    if (door < 0.85) return socketShot(chance.pick(rpcOperations), aim, pool, index, chance)
    if (door < 0.92) return httpShot(chance.pick(grpcOperations), aim, agent, chance)
    return grpcShot(chance.pick(grpcOperations), aim, grpc, chance)
  }
  const close = () => {
    agent.destroy()
    pool.close()
    grpc.close()
  }
  return { shot, close }
}

/** What could not even be sent is a fault like any other, and the rest is sent all the same. */
const failed = (error: unknown): Seen => ({ outcome: "failed", fault: String(error), text: "" })

const isRefusal = (outcome: string): boolean =>
  !/^(?:failed|[23]\d\d$|Exit$|Chunk|Pong|200 grpc (?:0|watched))/.test(outcome)

/** Sends requests that a seed repeats, and tells how they were taken. */
export const fuzz = async (
  { aim, first = 0, pid, requests, seed }: {
    readonly aim: Aim
    readonly pid: number
    readonly seed: number
    readonly requests: number
    readonly first?: number
  }
): Promise<Report> => {
  const { close, shot } = makeShots(aim, seed)
  const outcomes = new Map<string, number>()
  const faults: Array<string> = []
  const faultsOf = new Map<string, number>()
  let refused = 0
  let next = first
  let noted = 0
  const residents: Array<number> = []

  const note = (index: number, { name, sent }: Shot, { fault, outcome, text }: Seen) => {
    const kind = `${name.split(" ")[0]} ${outcome}`
    outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1)
    if (isRefusal(outcome)) refused++
    if (fault !== undefined) {
      const told = (faultsOf.get(kind) ?? 0) + 1
      faultsOf.set(kind, told)
      if (told <= faultsToldMax) {
        faults.push(`#${index} ${name}: ${fault} (${outcome})\n  sent ${sent}\n  got  ${excerpt(text)}`)
      }
    }
    noted++
    if (noted >= requests * (residents.length + 1) / looks) residents.push(residentBytes(pid))
  }
  const worker = async () => {
    while (next < first + requests) {
      const index = next++
      const made = shot(index)
      note(index, made, await made.send().catch(failed))
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  close()
  const end = residents.at(-1) ?? residentBytes(pid)
  return { outcomes, refused, faults, rssBytes: { all: residents, warm: residents[warmLooks - 1] ?? end, end } }
}
