import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { dayFromToday } from "../TestNetwork.ts"
import { engine, tokenOf } from "../TestServer.ts"
import { start } from "./LoggedServer.ts"

layer(engine, { timeout: "60 seconds", excludeTestServices: true })("what callers send", (it) => {
  it.effect.each(["text", "json"] as const)(
    "writes no line of the log, nor acts on the terminal that shows it, as %s",
    (format) =>
      Effect.gen(function*() {
        const forged = "x\n{\"level\":\"INFO\",\"message\":\"forged\"}\r\n2026-11-26T00:00:00.000Z INFO forged" +
          "\u001b[2J\u001b]0;title\u0007\u009b31m\u2028\u202e"
        const { call, entries } = yield* start({ fault: forged, format })
        assert.strictEqual((yield* call("/api/stations?query=a")).status, 500)
        assert.strictEqual(entries.length, 2)
        for (const entry of entries) {
          const [first = "", ...rest] = entry.split("\n")
          assert.match(first, format === "json" ? /^\{.*\}$/ : /^\d{4}-\S+Z (?:WARN|ERROR) /)
          for (const line of rest) assert.match(line, /^ {2}/)
          assert.notMatch(entry, /(?!\n)[\p{Cc}\p{Zl}\u202e]/u)
          assert.isTrue(format === "text" || JSON.parse(first) !== null && rest.length === 0)
          assert.include(entry, "forged")
        }
      })
  )

  it.effect("leaves no trace in the log that names somebody", () =>
    Effect.gen(function*() {
      const { call, entries } = yield* start({ fault: "broken" })
      const token = yield* tokenOf("passenger", "somebody-nameable")
      assert.strictEqual((yield* call("/api/stations?query=Quintessa", { token })).status, 500)
      yield* call("/api/bookings", {
        token,
        headers: { "idempotency-key": "secret-key" },
        body: {
          trainId: "101",
          date: yield* dayFromToday(5),
          travelClass: "SL",
          passengers: [{ name: "Quintessa", age: 3 }]
        }
      })
      assert.isAtLeast(entries.length, 1)
      for (const entry of entries) {
        for (const secret of [token, "somebody-nameable", "Quintessa", "secret-key"]) assert.notInclude(entry, secret)
      }
    }))
})
