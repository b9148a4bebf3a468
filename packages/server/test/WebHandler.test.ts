import * as Reception from "@berth/server/Reception"
import * as WebHandler from "@berth/server/WebHandler"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { dayFromToday } from "./TestNetwork.ts"
import { type Asked, engine, readAnswer, tokenOf, toRequest } from "./TestServer.ts"

layer(Reception.layer.pipe(Layer.provideMerge(engine)), { timeout: "60 seconds", excludeTestServices: true })(
  "the web handler",
  (it) => {
    it.effect("answers as the server does, from request to response", () =>
      Effect.gen(function*() {
        const handler = yield* WebHandler.make
        const call = (path: string, asked: Asked = {}) =>
          Effect.flatMap(Effect.promise(() => handler(toRequest(`http://127.0.0.1${path}`, asked))), readAnswer)

        assert.deepEqual((yield* call("/health")).body, { status: "ok" })
        const token = yield* tokenOf("passenger")
        const passengers = [{ name: "Example", age: 30 }]
        const request = { trainId: "101", date: yield* dayFromToday(5), travelClass: "SL", passengers }
        const asked = { token, headers: { "idempotency-key": "once" }, body: JSON.stringify(request) }
        const made = yield* call("/api/bookings", asked)
        assert.strictEqual(made.status, 201, made.text)
        const again = yield* call("/api/bookings", asked)
        assert.deepEqual([again.status, again.text], [200, made.text])
        const missing = yield* call("/api/nothing")
        assert.deepEqual([missing.status, missing.body["requestId"]], [404, missing.headers.get("x-request-id")])
        const large = yield* call("/api/bookings", { token, body: " ".repeat(65_537) })
        assert.deepEqual([large.status, large.body["_tag"]], [413, "PayloadTooLarge"])
      }))
  }
)
