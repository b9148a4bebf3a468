import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { quantile } from "../Statistics.ts"
import { answersOf } from "./Answers.ts"
import type { Job, JobResult } from "./Job.ts"

/** How long calls under way are waited for after the last has begun. */
const patienceMillis = 30_000

interface Connection {
  readonly socket: Socket
  /** Calls under way: when each was to begin, by its id, or in order where the protocol keeps the order. */
  readonly begun: Map<string, number>
}

/** What connections receive is read into one buffer and looked at before the next is read. */
const received = Buffer.allocUnsafe(65_536)

const open = async (job: Job, answered: (connection: Connection, kind: string, id: string | undefined) => void) => {
  const answers = answersOf(job.protocol)
  const welcome = Promise.withResolvers<string>()
  let isOpen = job.opening.length === 0
  const take = (kind: string, id: string | undefined) => {
    if (isOpen) return answered(connection, kind, id)
    isOpen = true
    welcome.resolve(kind)
  }
  const socket = connect({
    host: job.host,
    port: job.port,
    noDelay: true,
    // Not as a stream: the driver shares the processors with what it measures.
    onread: {
      buffer: received,
      callback: (length) => {
        answers.take(received.toString("latin1", 0, length), take)
        return true
      }
    }
  })
  const connection: Connection = { socket, begun: new Map() }
  await once(socket, "connect")
  if (job.opening.length > 0) {
    socket.write(job.opening)
    const kind = await welcome.promise
    if (!/^(?:101|OK|200)$/.test(kind)) throw new Error(`the opening was answered ${kind}`)
  }
  return connection
}

/** What the answers tell, gathered as they come. */
const makeTally = (callsMax: number) => {
  const latencies = new Float64Array(callsMax)
  const answers: Record<string, number> = {}
  const lastAt: Record<string, number> = {}
  const startedAt = performance.now()
  const usedBefore = process.cpuUsage()
  let count = 0
  const note = (kind: string, beganAt: number) => {
    const now = performance.now()
    latencies[count++] = now - beganAt
    answers[kind] = (answers[kind] ?? 0) + 1
    lastAt[kind] = (now - startedAt) / 1000
  }
  const result = (): JobResult => {
    const { system, user } = process.cpuUsage(usedBefore)
    const sorted = latencies.subarray(0, count).toSorted()
    return {
      seconds: Math.max(0, ...Object.values(lastAt)),
      answers,
      lastAt,
      latency: {
        median: quantile(sorted, 0.5),
        p90: quantile(sorted, 0.9),
        p99: quantile(sorted, 0.99),
        p999: quantile(sorted, 0.999),
        longest: quantile(sorted, 1)
      },
      driverMicros: (user + system) / Math.max(1, count)
    }
  }
  return { startedAt, note, result, answered: () => count }
}

/**
 * Sends what a job asks for. At a fixed rate a call that finds every connection busy waits here, and is timed from the
 * moment at which it was to begin: a slow answer delays those behind it in the figures as it would in life.
 */
export const run = (job: Job): Promise<JobResult> =>
  new Promise((resolve, reject) => {
    const free: Array<Connection> = []
    const connections: Array<Connection> = []
    let tally = makeTally(0)
    let begun = 0
    /** Moments at which calls were to begin that still wait for a connection. */
    const due: Array<number> = []
    let nextDue = 0
    let timer: NodeJS.Timeout | undefined
    let over = false

    const finish = () => {
      over = true
      clearTimeout(timer)
      for (const { socket } of connections) socket.destroy()
      resolve(tally.result())
    }
    const send = (connection: Connection, at: number) => {
      const request = job.requests[begun % job.requests.length] ?? Buffer.alloc(0)
      connection.begun.set(String(begun % job.requests.length), at)
      begun++
      connection.socket.write(request)
    }
    const mayBegin = () => begun < job.calls && performance.now() - tally.startedAt < job.millis

    const answered = (connection: Connection, kind: string, id: string | undefined) => {
      if (over) return
      const key = id ?? connection.begun.keys().next().value ?? ""
      tally.note(kind, connection.begun.get(key) ?? tally.startedAt)
      connection.begun.delete(key)
      const waited = due[nextDue]
      if (waited !== undefined) {
        nextDue++
        send(connection, waited)
      } else if (job.ratePerSecond === null && mayBegin()) {
        send(connection, performance.now())
      } else {
        free.push(connection)
        if (timer === undefined && tally.answered() === begun) finish()
      }
    }

    /** Begins what is due by now; every millisecond, which is as exactly as a latency is told. */
    const keepRate = (ratePerSecond: number, noted: number) => {
      const elapsed = Math.min(performance.now() - tally.startedAt, job.millis)
      const count = Math.min(job.calls, Math.floor(elapsed * ratePerSecond / 1000))
      for (let n = noted; n < count; n++) {
        const at = tally.startedAt + n * 1000 / ratePerSecond
        const connection = free.pop()
        if (connection === undefined) due.push(at)
        else send(connection, at)
      }
      const done = elapsed >= job.millis || count >= job.calls
      timer = done ? undefined : setTimeout(keepRate, 1, ratePerSecond, count)
      if (done && tally.answered() === begun && nextDue === due.length) finish()
    }

    const begin = () => {
      tally = makeTally(job.calls)
      for (const connection of connections) {
        connection.socket.on("close", () => {
          if (!over) reject(new Error(`a connection was closed after ${tally.answered()} answers`))
        })
        for (let n = 0; n < job.callsPerConnection; n++) free.push(connection)
      }
      setTimeout(() => {
        if (!over) reject(new Error(`${begun - tally.answered()} calls were not answered`))
      }, job.millis + patienceMillis).unref()
      if (job.ratePerSecond !== null) return keepRate(job.ratePerSecond, 0)
      for (const connection of free.splice(0)) {
        if (mayBegin()) send(connection, performance.now())
      }
    }
    const openAll = async () => {
      connections.push(...await Promise.all(Array.from({ length: job.connections }, () => open(job, answered))))
      begin()
    }
    openAll().catch(reject)
  })
