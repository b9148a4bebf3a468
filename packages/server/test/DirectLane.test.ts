import { ManagedRedis } from "@berth/engine/inventory/ManagedRedis"
import { DirectLane, type LaneRequest } from "@berth/server/DirectLane"
import * as Reception from "@berth/server/Reception"
import * as WebHandler from "@berth/server/WebHandler"
import { assert, layer } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Schema, Tracer } from "effect"
import { request as httpRequest } from "node:http"
import { dayFromToday } from "./TestNetwork.ts"
import * as TestServer from "./TestServer.ts"
import { type Asked, engine, readAnswer, tokenOf, toRequest } from "./TestServer.ts"

const stranger = "203.0.113.9"

const asked = (url: string, more: Partial<LaneRequest> = {}): LaneRequest => ({
  method: "GET",
  url,
  hasBody: false,
  address: "127.0.0.1",
  ifNoneMatch: undefined,
  requestId: "same",
  forwardedFor: undefined,
  ...more
})

/** The direct lane, and the routes that it leaves to answer what it does not. */
const both = Effect.gen(function*() {
  const lane = yield* DirectLane
  const handler = yield* WebHandler.make
  const route = (url: string, options: Asked = {}, address?: string) =>
    Effect.flatMap(
      Effect.promise(() => handler(toRequest(`http://127.0.0.1${url}`, options), address)),
      readAnswer
    )
  /** Asks the route until the lane has it as well: where Redis tells nobody of changes, it does for some milliseconds. */
  const learn = (url: string, more: Partial<LaneRequest> = {}) =>
    Effect.repeat(
      Effect.map(route(url), (ordinary) => ({ ordinary, direct: lane.answer(asked(url, more)) })),
      { until: ({ direct }) => direct !== undefined }
    )
  return { lane, route, learn }
})

const availability = Effect.map(dayFromToday(8), (date) => `/api/trains/101/availability?date=${date}&from=BBB`)
const search = Effect.map(dayFromToday(7), (date) => `/api/trains?from=BBB&to=CCC&date=${date}`)

const tests = Reception.layer.pipe(Layer.provideMerge(engine))

layer(tests, { timeout: "60 seconds", excludeTestServices: true })("the direct lane", (it) => {
  it.effect("answers what is known as the routes do", () =>
    Effect.gen(function*() {
      const { learn, route } = yield* both
      for (const url of [yield* availability, yield* search]) {
        const tag = (yield* learn(url)).ordinary.headers.get("etag") ?? ""
        for (const given of [undefined, tag, `W/${tag}`, `"other", ${tag}`, "*", `"other"`]) {
          const { direct } = yield* learn(url, { ifNoneMatch: given })
          const ordinary = yield* route(url, {
            headers: { "x-request-id": "same", ...given === undefined ? {} : { "if-none-match": given } }
          })
          assert.deepEqual(
            { status: direct?.status, text: direct?.text, headers: direct?.headers },
            { status: ordinary.status, text: ordinary.text, headers: Object.fromEntries(ordinary.headers) }
          )
        }
      }
    }))

  it.effect("numbers requests whose id is none, as the routes do", () =>
    Effect.gen(function*() {
      const { learn, route } = yield* both
      const url = yield* availability
      const ids = yield* Effect.forEach(
        [undefined, "no id", "x".repeat(65)],
        (requestId) => Effect.map(learn(url, { requestId }), ({ direct }) => direct?.headers["x-request-id"] ?? "")
      )
      const ordinary = (yield* route(url)).headers.get("x-request-id") ?? ""
      const server = ordinary.slice(0, ordinary.lastIndexOf("-"))
      assert.strictEqual(new Set([...ids, ordinary]).size, 4)
      assert.isTrue(ids.every((id) => id.startsWith(`${server}-`)))
    }))

  it.effect("leaves to the routes what is not known, has a body or is no GET", () =>
    Effect.gen(function*() {
      const { lane, learn, route } = yield* both
      const url = yield* availability
      yield* learn(url)
      for (const more of [{ method: "HEAD" }, { method: "POST" }, { hasBody: true }, { url: `${url}&to=CCC` }]) {
        assert.isUndefined(lane.answer(asked(url, more)))
      }
      for (const other of [url.replace("101", "999"), `${url}&to=AAA`, "/api/trains/101", "/api/trains?from=BBB"]) {
        yield* route(other)
        assert.isUndefined(lane.answer(asked(other)))
      }
    }))

  it.effect("never shows what was before a sale", () =>
    Effect.gen(function*() {
      const { lane, learn, route } = yield* both
      const url = yield* availability
      const token = yield* tokenOf("passenger")
      const body = { trainId: "101", date: yield* dayFromToday(8), travelClass: "SL" }
      for (const name of ["First", "Second", "Third"]) {
        const { ordinary: { text } } = yield* learn(url)
        const made = yield* route("/api/bookings", {
          token,
          body: { ...body, passengers: [{ name, age: 30 }] }
        })
        assert.strictEqual(made.status, 201, made.text)
        const after = lane.answer(asked(url))?.text ?? (yield* route(url)).text
        assert.notStrictEqual(after, text)
      }
    }))

  it.effect("shows what another process has changed, once Redis has said so", () =>
    Effect.gen(function*() {
      const { lane, learn, route } = yield* both
      const redis = yield* ManagedRedis
      const date = yield* dayFromToday(8)
      const url = yield* availability
      yield* learn(url)
      yield* redis.send("HSET", `redis:META:{101:${date}}`, "p:SL:GN", "3")
      yield* Effect.repeat(redis.send("PING"), { until: () => lane.answer(asked(url)) === undefined })
      assert.include((yield* route(url)).text, `"waiting":3`)
      yield* redis.send("HDEL", `redis:META:{101:${date}}`, "p:SL:GN")
    }))

  it.effect("leaves everything to the routes where requests are traced", () =>
    Effect.gen(function*() {
      const { learn } = yield* both
      const url = yield* availability
      yield* learn(url)
      const traced = yield* DirectLane.make
      assert.isUndefined(traced.answer(asked(url)))
    }).pipe(Effect.provideService(Tracer.Tracer, Tracer.make({ span: (span) => Tracer.nativeTracer.span(span) }))))
})

const limited = tests.pipe(
  Layer.provide(
    ConfigProvider.layer(ConfigProvider.fromUnknown({ TRUSTED_PROXIES: "127.0.0.0/8", READS_PER_MINUTE: "60" }))
  )
)

layer(limited, { timeout: "60 seconds", excludeTestServices: true })("the direct lane for strangers", (it) => {
  for (
    const [where, from] of [
      ["by their own address", { address: stranger }],
      ["by what a trusted proxy says", { forwardedFor: "203.0.113.10" }]
    ] as const
  ) {
    it.effect(`counts them with the routes ${where}`, () =>
      Effect.gen(function*() {
        const { lane, learn, route } = yield* both
        const url = yield* availability
        yield* learn(url)
        const headers = "forwardedFor" in from ? { "x-forwarded-for": from.forwardedFor } : {}
        const address = "address" in from ? from.address : "127.0.0.1"
        let direct = 0
        const ask = Effect.suspend(() => {
          if (lane.answer(asked(url, from)) === undefined) {
            return Effect.map(route(url, { headers }, address), ({ status }) => status)
          }
          direct++
          return Effect.succeed(200)
        })
        const statuses = yield* Effect.forEach(Array.from({ length: 200 }), () => ask)
        assert.isAbove(direct, 0)
        assert.include(statuses, 429)
        assert.isUndefined(lane.answer(asked(url, from)))
        // Whoever was refused asked no store, so that what was known may be too old by now.
        yield* learn(url, { address: "203.0.113.77" })
      }))
  }
})

const TextHeaders = Schema.Record(Schema.String, Schema.String)

/** An answer as it is on the wire, with all its headers. */
const onTheWire = (url: string, headers: Readonly<Record<string, string>>) =>
  Effect.callback<
    { readonly status: number | undefined; readonly headers: typeof TextHeaders.Type; readonly text: string }
  >(
    (resume) => {
      httpRequest(url, { headers: { connection: "keep-alive", "x-request-id": "same", ...headers } }, (response) => {
        const pieces: Array<Buffer> = []
        response.on("data", (piece: Buffer) => pieces.push(piece))
        response.on("end", () => {
          const { date: _, ...rest } = response.headers
          resume(Effect.map(
            Effect.orDie(Schema.decodeUnknownEffect(TextHeaders)(rest)),
            (decoded) => ({ status: response.statusCode, headers: decoded, text: Buffer.concat(pieces).toString() })
          ))
        })
      }).end()
    }
  )

layer(TestServer.layer, { timeout: "60 seconds", excludeTestServices: true })("the direct lane on Node", (it) => {
  it.effect("cannot be told from the routes by a caller", () =>
    Effect.gen(function*() {
      const base = yield* TestServer.baseUrl
      for (const path of [yield* availability, yield* search]) {
        const { headers } = yield* onTheWire(`${base}${path}`, {})
        for (const given of [{}, { "if-none-match": headers["etag"] ?? "" }, { "accept-encoding": "gzip, br" }]) {
          const first = yield* onTheWire(`${base}${path}`, given)
          // A body, though of no bytes, is the routes' to look at.
          assert.deepEqual(first, yield* onTheWire(`${base}${path}`, { ...given, "content-length": "0" }))
        }
      }
    }))
})
