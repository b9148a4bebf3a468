import { assert, layer } from "@effect/vitest"
import { ConfigProvider, Effect, Layer } from "effect"
import { dayFromToday } from "./TestNetwork.ts"
import * as TestServer from "./TestServer.ts"
import { call, tokenOf } from "./TestServer.ts"

const behindProxy = TestServer.layer.pipe(
  Layer.provide(
    ConfigProvider.layer(ConfigProvider.fromUnknown({ TRUSTED_PROXIES: "127.0.0.0/8, ::1", READS_PER_MINUTE: "60" }))
  )
)

const readFrom = (address: string) => call("/api/stations", { headers: { "x-forwarded-for": address } })

/** A remote call of so many bytes, of which nothing is asked. */
const post = (bytes: number) =>
  call("/rpc", {
    headers: { "x-forwarded-for": "203.0.113.20", "content-type": "application/ndjson" },
    body: `${" ".repeat(bytes)}\n`
  })

/** How many of a hundred reads at once are answered. */
const answeredOf = Effect.fnUntraced(function*(address: (read: number) => string) {
  const answers = yield* Effect.forEach(Array.from({ length: 100 }), (_, read) => readFrom(address(read)), {
    concurrency: 10
  })
  return {
    answered: answers.filter(({ status }) => status === 200).length,
    refused: answers.find(({ status }) => status === 429)
  }
})

layer(behindProxy, { timeout: "60 seconds", excludeTestServices: true })("reads without a token", (it) => {
  it.effect("are limited for each address, with the time to come back", () =>
    Effect.gen(function*() {
      const { answered, refused } = yield* answeredOf(() => "203.0.113.9")
      assert.isAtLeast(answered, 60)
      assert.strictEqual(refused?.body["_tag"], "RateLimited")
      assert.match(refused?.headers.get("retry-after") ?? "", /^[1-9]\d?$/)
      assert.strictEqual(refused?.headers.get("content-type"), "application/problem+json")
      assert.strictEqual((yield* readFrom("203.0.113.10")).status, 200)
    }))

  it.effect("are not had by making addresses up", () =>
    Effect.gen(function*() {
      const { refused } = yield* answeredOf((read) => `198.51.${read}.1, 203.0.113.77`)
      assert.isDefined(refused)
    }))

  it.effect("are counted together for a /64 of IPv6", () =>
    Effect.gen(function*() {
      const { refused } = yield* answeredOf((read) => `2001:db8:0:1::${read.toString(16)}`)
      assert.isDefined(refused)
      assert.strictEqual((yield* readFrom("2001:db8:0:2::1")).status, 200)
    }))

  it.effect("are not limited for this machine itself", () =>
    Effect.gen(function*() {
      const answers = yield* Effect.forEach(Array.from({ length: 200 }), () => call("/api/stations"), {
        concurrency: 10
      })
      assert.isTrue(answers.every(({ status }) => status === 200))
    }))

  it.effect("by remote calls count by their size, so that many in one request are many", () =>
    Effect.gen(function*() {
      assert.notStrictEqual((yield* post(58 * 1024)).status, 429)
      const refused = yield* post(4 * 1024)
      assert.deepEqual([refused.status, refused.body["_tag"]], [429, "RateLimited"])
    }))

  it.effect("leave those alone who book from the same address", () =>
    Effect.gen(function*() {
      const headers = { "x-forwarded-for": "203.0.113.30" }
      yield* answeredOf(() => "203.0.113.30")
      const body = {
        trainId: "101",
        date: yield* dayFromToday(5),
        travelClass: "SL",
        passengers: [{ name: "Example", age: 30 }]
      }
      const made = yield* call("/api/bookings", { token: yield* tokenOf("passenger"), headers, body })
      assert.strictEqual(made.status, 201, made.text)
    }))
})
