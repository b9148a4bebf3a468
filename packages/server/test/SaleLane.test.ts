import { assert, layer } from "@effect/vitest"
import { Effect, type Schema } from "effect"
import { request as send } from "node:http"
import { dayFromToday } from "./TestNetwork.ts"
import * as TestServer from "./TestServer.ts"
import { tokenOf } from "./TestServer.ts"

interface Told {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
}

/** By the lane a request goes whose length is told, by the router one that comes in pieces. */
const asked = (
  way: "lane" | "router",
  { headers, text }: { readonly headers: Readonly<Record<string, string>>; readonly text: string }
) =>
  Effect.flatMap(TestServer.baseUrl, (url) =>
    Effect.callback<Told>((resume) => {
      const length = way === "lane" ? { "content-length": String(Buffer.byteLength(text)) } : {}
      const call = send(`${url}/api/bookings`, { method: "POST", headers: { ...headers, ...length } }, (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.once("end", () =>
          resume(Effect.succeed({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: JSON.parse(Buffer.concat(chunks).toString())
          })))
      })
      call.end(text)
    }))

/** Without what tells one booking and one request from another. */
const common = ({ body, headers, status }: Told) => {
  const { "content-length": _length, "x-request-id": requestId, date: _date, location, ...rest } = headers
  const { bookedAt: _bookedAt, expiresAt: _expiresAt, passengers: _passengers, pnr, requestId: named, ...others } = body
  return {
    status,
    headers: rest,
    body: others,
    namesRequest: named === undefined ? "does not" : named === requestId,
    isAt: location === (pnr === undefined ? undefined : `/api/bookings/${String(pnr)}`)
  }
}

layer(TestServer.layer, { timeout: "60 seconds", excludeTestServices: true })("a sale beside the router", (it) => {
  it.effect("is answered as the router answers it, whatever is asked", () =>
    Effect.gen(function*() {
      const authorization = `Bearer ${yield* tokenOf("passenger")}`
      const json = { "content-type": "application/json" }
      const booking = {
        trainId: "101",
        date: yield* dayFromToday(5),
        travelClass: "SL",
        quota: "GENERAL",
        passengers: [{ name: "Example", age: 18 }]
      }
      const cases: ReadonlyArray<readonly [number, Readonly<Record<string, string>>, Schema.Json]> = [
        [201, { ...json, authorization }, booking],
        [201, { ...json, authorization, "x-request-id": "mine" }, { ...booking, payment: "hold" }],
        [400, { ...json, authorization }, { ...booking, passengers: [{ name: "Example", age: 200 }] }],
        [400, { ...json, authorization }, "no JSON"],
        [400, { ...json, authorization }, ""],
        [400, { ...json, authorization, "idempotency-key": "k".repeat(500) }, booking],
        [401, json, booking],
        [401, { ...json, authorization: "Bearer berth_nobody" }, booking],
        [404, { ...json, authorization }, { ...booking, trainId: "999" }],
        [415, { "content-type": "text/plain", authorization }, booking]
      ]
      for (const [status, headers, body] of cases) {
        const text = typeof body === "string" ? body : JSON.stringify(body)
        const byLane = common(yield* asked("lane", { headers, text }))
        assert.deepStrictEqual(byLane, common(yield* asked("router", { headers, text })))
        assert.deepInclude(byLane, { status, isAt: true }, text)
      }
    }))

  it.effect("gives a repeat of the key the first answer, whichever way either came", () =>
    Effect.gen(function*() {
      const headers = {
        "content-type": "application/json",
        authorization: `Bearer ${yield* tokenOf("passenger")}`,
        "idempotency-key": "the-one-key-of-it"
      }
      const text = JSON.stringify({
        trainId: "101",
        date: yield* dayFromToday(5),
        travelClass: "SL",
        quota: "GENERAL",
        passengers: [{ name: "Example", age: 18 }]
      })
      const first = yield* asked("lane", { headers, text })
      const again = [yield* asked("router", { headers, text }), yield* asked("lane", { headers, text })]
      assert.strictEqual(first.status, 201)
      assert.deepStrictEqual(again.map(({ body, status }) => [status, body]), [[200, first.body], [200, first.body]])
    }))
})
