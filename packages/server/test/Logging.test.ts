import * as Logging from "@berth/engine/Logging"
import { Stations } from "@berth/engine/timetable/Stations"
import * as NodeServer from "@berth/server/NodeServer"
import { assert, layer } from "@effect/vitest"
import { ConfigProvider, Console, Context, Effect, Layer, Schema } from "effect"
import { HttpServer } from "effect/http"
import { dayFromToday } from "./TestNetwork.ts"
import { engine, readAnswer, tokenOf, toRequest } from "./TestServer.ts"

const decodeLine = Schema.decodeUnknownSync(
  Schema.fromJsonString(
    Schema.Struct({
      level: Schema.String,
      timestamp: Schema.String,
      message: Schema.String,
      annotations: Schema.Record(Schema.String, Schema.String)
    })
  )
)

const json = Logging.layer.pipe(
  Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ LOG_FORMAT: "json", LOG_LEVEL: "Debug" })))
)

/** A server whose search for stations says something, and the lines that it writes. */
const start = Effect.gen(function*() {
  const lines: Array<string> = []
  const stations = yield* Stations
  const built = yield* Layer.build(NodeServer.layer({ host: "127.0.0.1", port: 0 })).pipe(
    Effect.provideService(Stations, {
      ...stations,
      search: () => Effect.andThen(Effect.logDebug("looking"), Effect.die(new Error("no stations")))
    }),
    Effect.provide(json),
    Effect.provideService(Console.Console, { ...console, log: (line: string) => lines.push(line) })
  )
  const url = HttpServer.formatAddress(Context.get(built, HttpServer.HttpServer).address)
  return {
    lines,
    call: (path: string, asked: Parameters<typeof toRequest>[1]) =>
      Effect.flatMap(Effect.promise(() => fetch(toRequest(`${url}${path}`, asked))), readAnswer)
  }
})

layer(engine, { timeout: "60 seconds", excludeTestServices: true })("the log", (it) => {
  it.effect("is an object of JSON a line, and every line of a request has its id", () =>
    Effect.gen(function*() {
      const { call, lines } = yield* start
      const answer = yield* call("/api/stations", { headers: { "x-request-id": "asked-1" } })
      assert.strictEqual(answer.body["requestId"], "asked-1")
      const said = lines.map((line) => decodeLine(line))
      assert.deepEqual(said.map(({ level, message }) => [level, message]), [
        ["DEBUG", "looking"],
        ["ERROR", "A request failed unforeseen"]
      ])
      for (const { annotations } of said) assert.strictEqual(annotations["requestId"], "asked-1")
    }))

  it.effect("says nothing of a sale, of who is refused, nor of what they sent", () =>
    Effect.gen(function*() {
      const { call, lines } = yield* start
      const token = yield* tokenOf("passenger")
      const body = {
        trainId: "101",
        date: yield* dayFromToday(5),
        travelClass: "SL",
        passengers: [{ name: "Somebody Nameable", age: 30 }]
      }
      assert.strictEqual((yield* call("/api/bookings", { token, body })).status, 201)
      assert.strictEqual((yield* call("/api/bookings", { token: "forged", body })).status, 401)
      assert.strictEqual((yield* call("/api/bookings", { token, body: { ...body, passengers: [] } })).status, 400)
      assert.deepEqual(lines, [])
    }))
})
