import * as Telemetry from "@berth/engine/telemetry/Telemetry"
import { assert, layer } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Exit, Layer, Scope } from "effect"
import { HttpServer } from "effect/http"
import * as Collector from "./Collector.ts"
import { dayFromToday } from "./TestNetwork.ts"
import * as TestServer from "./TestServer.ts"
import { type Asked, readAnswer, tokenOf, toRequest } from "./TestServer.ts"

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736"
const callerSpanId = "00f067aa0ba902b7"

const server = (url: string, ratio: string) =>
  TestServer.layer.pipe(
    Layer.provide(Telemetry.layer("berth-test")),
    Layer.provide(
      ConfigProvider.layer(
        ConfigProvider.fromUnknown({
          OTEL_EXPORTER_OTLP_ENDPOINT: url,
          OTEL_TRACES_SAMPLER_ARG: ratio,
          PATH: process.env["PATH"]
        })
      )
    )
  )

/** What the collector was told by a server that has made these calls and stopped. */
const toldBy = Effect.fnUntraced(function*<E, R>(
  ratio: string,
  use: (call: (path: string, asked: Asked) => Effect.Effect<TestServer.Answer>) => Effect.Effect<void, E, R>
) {
  const collector = yield* Collector.make
  const scope = yield* Scope.make()
  const built = yield* Layer.build(server(collector.url, ratio)).pipe(Scope.provide(scope))
  const url = HttpServer.formatAddress(Context.get(built, HttpServer.HttpServer).address)
  yield* use((path, asked) =>
    Effect.flatMap(Effect.promise(() => fetch(toRequest(`${url}${path}`, asked))), readAnswer)
  ).pipe(Effect.provide(built), Effect.ensuring(Scope.close(scope, Exit.void)))
  return collector
})

const book = Effect.fnUntraced(function*(
  call: (path: string, asked: Asked) => Effect.Effect<TestServer.Answer>,
  headers: Readonly<Record<string, string>>
) {
  const date = yield* dayFromToday(5)
  const passengers = [{ name: "Somebody Nameable", age: 30 }]
  const answer = yield* call("/api/bookings", {
    token: yield* tokenOf("passenger", "reader_of_books"),
    headers,
    body: { trainId: "101", date, travelClass: "SL", passengers }
  })
  assert.strictEqual(answer.status, 201)
  return String(answer.body["pnr"])
})

layer(Layer.empty, { timeout: "60 seconds", excludeTestServices: true })("traces", (it) => {
  it.effect("show a booking from the request over Redis's script to the transaction, in the caller's trace", () =>
    Effect.gen(function*() {
      let pnr = ""
      const collector = yield* toldBy("0", (call) =>
        Effect.gen(function*() {
          pnr = yield* book(call, { traceparent: `00-${traceId}-${callerSpanId}-01` })
          yield* call(`/api/bookings/${pnr}`, { token: yield* tokenOf("passenger") })
          yield* call("/health", {})
        }))
      const spans = yield* collector.spans
      assert.deepEqual([...new Set(spans.map((span) => span.traceId))], [traceId])
      const byId = new Map(spans.map((span) => [span.spanId, span]))
      const ancestors = (span: Collector.Span | undefined): ReadonlyArray<string> =>
        span === undefined ? [] : [span.name, ...ancestors(byId.get(span.parentSpanId ?? ""))]
      const named = (name: string) => spans.find((span) => span.name === name)
      const request = named("POST")
      assert.strictEqual(request?.parentSpanId, callerSpanId)
      assert.deepInclude(request?.attributes ?? [], { key: "http.route", value: { stringValue: "/api/bookings" } })
      assert.strictEqual(ancestors(named("redis book-n")).at(-1), "POST")
      const statement = spans.find(({ attributes }) =>
        attributes.some(({ value }) => value.stringValue?.includes("commit_seated") === true)
      )
      const above = ancestors(statement)
      assert.deepEqual(above.slice(1), ["BookingCommits.commit", "Book.book", "POST"])
    }))

  it.effect("hold nothing of persons: neither names, users, tickets nor addresses", () =>
    Effect.gen(function*() {
      let pnr = ""
      let detail = ""
      const collector = yield* toldBy("1", (call) =>
        Effect.gen(function*() {
          pnr = yield* book(call, { "user-agent": "Reader/1.0" })
          const stranger = yield* call(`/api/bookings/${pnr}`, { token: yield* tokenOf("passenger") })
          assert.strictEqual(stranger.status, 404)
          const refused = yield* call("/api/bookings", {
            token: yield* tokenOf("passenger"),
            body: {
              trainId: "101",
              date: yield* dayFromToday(5),
              travelClass: "1A",
              passengers: [{ name: "Example", age: 30 }]
            }
          })
          assert.strictEqual(refused.body["_tag"], "ClassNotOnTrain")
          detail = String(refused.body["detail"])
        }))
      const text = yield* collector.text
      assert.include(text, "BookingCommits.commit")
      // The name of an error, not what it says.
      assert.include(text, "\"ClassNotOnTrain\"")
      assert.notInclude(text, detail)
      for (const secret of [pnr, "Nameable", "reader_of_books", "Reader/1.0", "127.0.0.1"]) {
        assert.notInclude(text, secret)
      }
      assert.notMatch(text, /berth_[\w-]{43}/)
    }))

  it.effect("are not kept beyond the share that is asked for, nor where the caller keeps none", () =>
    Effect.gen(function*() {
      const none = yield* toldBy("0", (call) => book(call, {}))
      assert.strictEqual(yield* none.text, "")
      const notKept = yield* toldBy("1", (call) => book(call, { traceparent: `00-${traceId}-${callerSpanId}-00` }))
      assert.isEmpty((yield* notKept.spans).filter((span) => span.traceId === traceId))
    }))
})
