import { Effect, Redacted } from "effect"
import { createServer } from "node:net"
import { spawnServer } from "../ServerProcess.ts"
import { dayFromToday } from "../TestNetwork.ts"
import { readAnswer, TestStores, tokenOf, toRequest } from "../TestServer.ts"
import type { Aim } from "./fuzz/Aim.ts"
import { makeSamples } from "./Samples.ts"

const freePort = Effect.callback<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const at = server.address()
    server.close(() => resume(Effect.succeed(at === null || typeof at === "string" ? 0 : at.port)))
  })
})

const sendTo = (url: URL, path: string, asked: Parameters<typeof toRequest>[1]) =>
  Effect.flatMap(Effect.promise(() => fetch(toRequest(new URL(path, url).href, asked))), readAnswer)

/** A server in a process of its own, with both listeners, on the stores of a test, and a booking on it. */
export const startFuzzed = Effect.gen(function*() {
  const { databaseUrl, redisUri } = yield* TestStores
  const grpcPort = yield* freePort
  const server = yield* spawnServer("Node", {
    DATABASE_URL: Redacted.value(databaseUrl),
    REDIS_URI: Redacted.value(redisUri),
    PORT: "0",
    GRPC_PORT: String(grpcPort)
  })
  const url = new URL(yield* server.url)
  const passenger = yield* tokenOf("passenger", "fuzz-passenger")
  const date = yield* dayFromToday(5)
  const made = yield* sendTo(url, "/api/bookings", {
    token: passenger,
    body: { trainId: "101", date, travelClass: "SL", passengers: [{ name: "Example", age: 30 }] }
  })
  const aim: Aim = {
    url,
    grpcUrl: `http://127.0.0.1:${grpcPort}`,
    samples: makeSamples({ date, pnr: String(made.body["pnr"]), userId: "fuzz-passenger" }),
    admin: yield* tokenOf("admin", "fuzz-admin"),
    passengers: [passenger]
  }
  return { ...server, aim, health: Effect.map(sendTo(url, "/health", {}), ({ status }) => status) }
})
