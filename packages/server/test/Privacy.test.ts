import { assert, layer } from "@effect/vitest"
import { Cause, Effect, Layer, Logger, References, Tracer } from "effect"
import { SqlClient } from "effect/sql"
import { inspect } from "node:util"
import { dayFromToday } from "./TestNetwork.ts"
import * as TestServer from "./TestServer.ts"
import { call, tokenOf } from "./TestServer.ts"

/** A name that nothing but the record may hold. */
const marked = "Zebulon Quagmire"

const lines: Array<string> = []
const spans: Array<Tracer.NativeSpan> = []

/** Everything that the server says to whoever runs it: lines of the log from the lowest level up, and spans. */
const overheard = Layer.mergeAll(
  Logger.layer([
    Logger.map(Logger.formatJson, (line) => {
      lines.push(line)
    }),
    Logger.map(Logger.formatStructured, (line) => {
      lines.push(inspect(line, { depth: 20 }))
    })
  ]),
  Layer.succeed(References.MinimumLogLevel, "All"),
  Layer.succeed(
    Tracer.Tracer,
    Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
  )
)

const told = () => [
  ...lines,
  ...spans.map(({ attributes, events, name, status }) => {
    // Of what a span ended with, an exporter sends the failure.
    const failure = status._tag === "Ended" && status.exit._tag === "Failure" ? Cause.pretty(status.exit.cause) : ""
    return inspect([name, [...attributes], events, failure], { depth: 20 })
  })
]

const requestFor = Effect.fnUntraced(function*(more: Readonly<Record<string, string | number | object>> = {}) {
  const request = {
    trainId: "101",
    date: yield* dayFromToday(5),
    travelClass: "SL",
    passengers: [{ name: marked, age: 41 }, { name: `${marked} junior`, age: 9 }]
  }
  return JSON.stringify({ ...request, ...more })
})

layer(TestServer.layer.pipe(Layer.provide(overheard)), { timeout: "60 seconds", excludeTestServices: true })(
  "a passenger's name",
  (it) => {
    it.effect("is in no line of the log, no span and no figure, whatever becomes of the booking", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const token = yield* tokenOf("passenger")
        const clerk = yield* tokenOf("clerk")
        const book = (body: string, key = "once") =>
          call("/api/bookings", { token, body, headers: { "idempotency-key": key } })

        const made = yield* book(yield* requestFor())
        assert.strictEqual(made.status, 201, made.text)
        const pnr = String(made.body["pnr"])
        const statuses = [
          yield* book(yield* requestFor()),
          yield* book(yield* requestFor({ from: "BBB" })),
          yield* book(yield* requestFor({ trainId: "999" }), "other"),
          yield* book(yield* requestFor({ passengers: [{ name: { first: marked }, age: marked }] }), "wrong"),
          yield* book(`{ "name": "${marked}"`, "broken"),
          yield* call(`/api/bookings/${pnr}`, { token }),
          yield* call(`/api/bookings/${pnr}`, { token: clerk }),
          yield* call("/api/admin/bookings/search", {
            token: clerk,
            body: { question: { by: "name", trainId: "101", date: yield* dayFromToday(5), namePrefix: marked } }
          }),
          yield* call("/api/me/export", { token }),
          yield* call(`/api/bookings/${pnr}/cancel`, { token, body: { passengers: [1] } })
        ].map(({ status }) => status)
        assert.deepEqual(statuses, [200, 409, 404, 400, 400, 200, 200, 200, 200, 200])

        // The record refuses the row, and says why with the row's values.
        yield* sql`ALTER TABLE passenger ADD CONSTRAINT no_such_name CHECK (name !~ 'senior$') NOT VALID`
        const failed = yield* book(
          yield* requestFor({ passengers: [{ name: `${marked} senior`, age: 80 }] }),
          "refused"
        )
        assert.strictEqual(failed.status, 500)
        assert.notInclude(failed.text, marked)
        assert.isNotEmpty(lines.filter((line) => line.includes("A request failed unforeseen")))

        const figures = yield* call("/metrics")
        assert.include(figures.text, "berth_bookings")
        assert.isAbove(spans.length, 20)
        for (const part of ["Zebulon", "Quagmire"]) {
          assert.isEmpty(told().filter((text) => text.includes(part)))
          assert.notInclude(figures.text, part)
        }
      }))
  }
)
