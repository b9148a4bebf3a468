import { BookingService } from "@berth/server/generated/berth/v1/berth_pb"
import * as Reception from "@berth/server/Reception"
import * as WebHandler from "@berth/server/WebHandler"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { dayFromToday } from "../TestNetwork.ts"
import { engine, readAnswer, tokenOf, toRequest } from "../TestServer.ts"

layer(engine, { timeout: "60 seconds", excludeTestServices: true })("Connect over the web handler", (it) => {
  it.effect("books by plain JSON, from request to response", () =>
    Effect.gen(function*() {
      const handler = yield* WebHandler.make
      const token = yield* tokenOf("passenger")
      const body = {
        trainId: "101",
        date: yield* dayFromToday(5),
        travelClass: "SL",
        passengers: [{ name: "Example", age: 30 }]
      }
      const request = toRequest(`http://127.0.0.1/${BookingService.typeName}/Book`, { token, body })
      const answer = yield* Effect.flatMap(Effect.promise(() => handler(request)), readAnswer)
      assert.deepEqual([answer.status, answer.body["status"]], [200, "CONFIRMED"], answer.text)
    }).pipe(Effect.provide(Reception.layer)))
})
