import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { dayFromToday } from "../TestNetwork.ts"
import * as TestServer from "../TestServer.ts"
import { type Answer, call, tokenOf } from "../TestServer.ts"
import { leastOfHttp } from "./Authority.ts"
import { httpOperations, type Operation } from "./JsonSchema.ts"
import { filled, headersOf, makeSamples, type Samples, targetOf } from "./Samples.ts"

const ask = (operation: Operation, samples: Samples, token: string | undefined) => {
  const given = filled(operation, samples)
  return call(targetOf(operation, given), {
    method: operation.method,
    headers: headersOf(given),
    ...(token === undefined ? {} : { token }),
    ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) })
  })
}

const owner = Effect.gen(function*() {
  const userId = `owner-${randomUUID()}`
  const date = yield* dayFromToday(5)
  const made = yield* call("/api/bookings", {
    token: yield* tokenOf("passenger", userId),
    body: { trainId: "101", date, travelClass: "SL", passengers: [{ name: "Example", age: 30 }] }
  })
  assert.strictEqual(made.status, 201, made.text)
  return makeSamples({ date, userId, pnr: String(made.body["pnr"]) })
})

const isGuarded = ({ headers }: Answer) =>
  headers.get("x-content-type-options") === "nosniff" &&
  headers.get("content-security-policy")?.includes("frame-ancestors 'none'") === true

layer(TestServer.layer, { timeout: "60 seconds", excludeTestServices: true })("what an answer says of itself", (it) => {
  it.effect("is for every call that needs a caller that nobody may keep it, whether it goes well or not", () =>
    Effect.gen(function*() {
      const samples = yield* owner
      const statuses = new Set<number>()
      // As nobody, as one who may not or whose it is not, and as one who may.
      const asked = httpOperations.flatMap((operation) =>
        ([undefined, "passenger", "admin"] as const).map((role) => ({ operation, role }))
      )
      yield* Effect.forEach(
        asked,
        Effect.fnUntraced(function*({ operation, role }) {
          const answer = yield* ask(operation, samples, role && (yield* tokenOf(role)))
          const said = `${role ?? "nobody"} ${operation.name} ${answer.status}`
          const isTimetable = leastOfHttp[operation.name] === "anybody" && answer.headers.has("etag")
          assert.strictEqual(answer.headers.get("cache-control"), isTimetable ? "no-cache" : "no-store", said)
          assert.isTrue(isGuarded(answer), said)
          statuses.add(answer.status)
        }),
        { concurrency: 8 }
      )
      for (const status of [200, 201, 401, 403, 404]) {
        assert.isTrue(statuses.has(status), `no call was answered with ${status}`)
      }
    }))

  it.effect("is the same where no call is or none can be read, and for the other doors over HTTP", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const connect = "/berth.v1.BookingService/Show"
      for (
        const answer of [
          yield* call("/nowhere"),
          yield* call("/api/bookings", { method: "PATCH" }),
          yield* call("/api/bookings", { token, body: {} }),
          yield* call("/api/bookings", { token, body: " ".repeat(100_000) }),
          yield* call("/rpc", { body: "{}" }),
          yield* call(connect, { body: { pnr: "1000000001" } }),
          yield* call("/health")
        ]
      ) {
        assert.strictEqual(answer.headers.get("cache-control"), "no-store", answer.text)
        assert.isTrue(isGuarded(answer), answer.text)
      }
    }))

  it.effect("lets the page of the API run its own scripts and ask its own server, and nothing else", () =>
    Effect.gen(function*() {
      const { headers, text } = yield* call("/docs")
      const policy = headers.get("content-security-policy") ?? ""
      const places = new Map(policy.split("; ").map((rule) => [rule.split(" ")[0], rule.split(" ").slice(1)]))
      assert.deepEqual(places.get("default-src"), ["'none'"])
      assert.deepEqual(places.get("connect-src"), ["'self'"])
      assert.deepEqual(places.get("frame-ancestors"), ["'none'"])
      const allowed = places.get("script-src") ?? []
      assert.isTrue(allowed.every((source) => source.startsWith("'sha256-")), policy)
      // One for the library and one that starts it; nothing is loaded from elsewhere.
      assert.strictEqual(allowed.length, 2)
      assert.notMatch(text, /<(?:script|link|img)[^>]+(?:src|href)=/)
      assert.strictEqual(headers.get("referrer-policy"), "no-referrer")
    }))
})
