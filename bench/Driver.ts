import { Schema } from "effect"
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import type { Job, JobResult } from "./driver/Job.ts"

const program = fileURLToPath(new URL("driver/main.ts", import.meta.url))

const Figures = Schema.Record(Schema.String, Schema.Finite)
const Reply = Schema.Union([
  Schema.Struct({ error: Schema.String }),
  Schema.Struct({
    result: Schema.Struct({
      seconds: Schema.Finite,
      answers: Figures,
      lastAt: Figures,
      latency: Schema.Struct({
        median: Schema.Finite,
        p90: Schema.Finite,
        p99: Schema.Finite,
        p999: Schema.Finite,
        longest: Schema.Finite
      }),
      driverMicros: Schema.Finite
    })
  })
])
const decodeReply = Schema.decodeUnknownSync(Reply)

/** A process of its own that sends load: bare sockets and requests made beforehand, so that it costs little. */
export interface Driver {
  run(job: Job): Promise<JobResult>
  stop(): Promise<void>
}

export const startDriver = (): Driver => {
  const child = fork(program, { serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"] })
  // A driver that died answers nothing; what waits for it is told.
  const ended = once(child, "exit").then(([code]): never => {
    throw new Error(`the driver ended with ${code}`)
  })
  ended.catch(() => undefined)
  return {
    run: async (job) => {
      if (child.exitCode !== null) throw new Error("the driver has ended")
      child.send(job)
      const [message] = await Promise.race([once(child, "message"), ended])
      const reply = decodeReply(message)
      if ("error" in reply) throw new Error(`the driver: ${reply.error}`)
      return reply.result
    },
    stop: async () => {
      if (child.connected) child.disconnect()
      await ended.catch(() => undefined)
    }
  }
}
