import { Effect, Queue, Schema } from "effect"
import { createHmac } from "node:crypto"
import { createServer } from "node:http"

const Address = Schema.Struct({ port: Schema.Int })

export interface Received {
  readonly id: string
  readonly timestamp: string
  readonly signature: string
  readonly body: string
}

type Answer = (call: Received) => number | undefined

const taken: Answer = () => 204

/** Somebody's server that webhooks call: answers what it is told to, and tells what it was sent. */
export const receiver = Effect.gen(function*() {
  const received = yield* Queue.unbounded<Received>()
  let answer = taken
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const { headers } = request
      const call = {
        id: String(headers["webhook-id"]),
        timestamp: String(headers["webhook-timestamp"]),
        signature: String(headers["webhook-signature"]),
        body: Buffer.concat(chunks).toString()
      }
      const status = answer(call)
      Queue.offerUnsafe(received, call)
      if (status !== undefined) {
        response.writeHead(status, status === 302 ? { location: "/elsewhere" } : {}).end("x".repeat(100_000))
      }
    })
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
  )
  const { port } = yield* Effect.orDie(Schema.decodeUnknownEffect(Address)(server.address()))
  return {
    url: `http://127.0.0.1:${port}/hook`,
    next: Queue.take(received),
    waiting: Queue.size(received),
    answers: (given: Answer) => {
      answer = given
    }
  }
})

/** The signature as a receiver checks it, by the words of Standard Webhooks. */
export const expectedSignature = (secret: string, { body, id, timestamp }: Received): string => {
  const key = Buffer.from(secret.replace("whsec_", ""), "base64")
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`
}
