import { ManagedRedis } from "@berth/engine/inventory/ManagedRedis"
import { assert, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { dayFromToday } from "../TestNetwork.ts"
import { engine, tokenOf } from "../TestServer.ts"
import { httpOperations } from "./JsonSchema.ts"
import { start } from "./LoggedServer.ts"
import { exchangeRaw, statusesOf } from "./RawClient.ts"
import { type Filled, filled, headersOf, makeSamples, targetOf } from "./Samples.ts"

/** Each would change a statement that held it as text. */
const statements = [
  "'",
  "\\",
  "$1",
  "' OR '1'='1",
  "') OR true --",
  "'; DROP TABLE sale; --",
  "$$; DELETE FROM booking; $$",
  "\\'; DELETE FROM booking; /*"
]

const rows = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  return yield* sql`SELECT (SELECT count(*)::int FROM booking) AS bookings, (SELECT count(*)::int FROM sale) AS sales,
    (SELECT count(*)::int FROM account) AS accounts, (SELECT count(*)::int FROM station) AS stations`
})

const withKey = (value: object, key: string) => (changed: Schema.Json) => ({ ...value, [key]: changed })

/** A value with a text put into the place of one of its own texts; one value for each. */
const withText = (value: Schema.Json, text: string): ReadonlyArray<Schema.Json> => {
  if (typeof value === "string") return [text, `${value}${text}`]
  if (Array.isArray(value)) {
    return value.flatMap((item: Schema.Json, index) =>
      withText(item, text).map((changed) => value.map((other: Schema.Json, at) => at === index ? changed : other))
    )
  }
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => withText(inner, text).map(withKey(value, key)))
}

layer(engine, { timeout: "60 seconds", excludeTestServices: true })("what callers send", (it) => {
  it.effect(
    "is never a part of a statement, in whichever field of whichever call it stands",
    () =>
      Effect.gen(function*() {
        const { call, entries } = yield* start()
        const samples = makeSamples({ date: yield* dayFromToday(5), pnr: "1000000001", userId: "nobody" })
        // Of an admin, so that it gets as far as it can; mails and sign-ins are few by rule.
        const token = yield* tokenOf("admin", "injecting")
        const named = httpOperations.filter(({ path }) => !path.startsWith("/api/account"))
        const before = yield* rows
        for (
          const operation of named.filter(({ name }) => name !== "POST /api/bookings" && name !== "DELETE /api/me")
        ) {
          const given = filled(operation, samples)
          for (const text of statements) {
            const shots = [
              ...withText(given.path, text).map((path): Filled => Object.assign({}, given, { path })),
              ...withText({ ...given.query, query: "a" }, text).map((query): Filled =>
                Object.assign({}, given, { query })
              ),
              ...withText(given.body ?? null, text).map((body): Filled => Object.assign({}, given, { body }))
            ]
            for (const shot of shots) {
              const { status, text: said } = yield* call(targetOf(operation, shot), {
                token,
                method: operation.method,
                headers: headersOf(shot),
                ...(shot.body === undefined ? {} : { body: JSON.stringify(shot.body) })
              })
              assert.isBelow(status, 500, `${operation.name} ${JSON.stringify(shot)} ${said}`)
            }
          }
        }
        assert.deepEqual(yield* rows, before)
        assert.deepEqual(entries.filter((entry) => /"level":"(?:ERROR|FATAL)"/.test(entry)), [])
      }),
    120_000
  )

  it.effect("comes back as it was sent where it is somebody's name, and finds nothing where it is searched for", () =>
    Effect.gen(function*() {
      const { call } = yield* start()
      const token = yield* tokenOf("passenger")
      const date = yield* dayFromToday(6)
      for (const name of [...statements, "%", "_", "{a}*?[b]", "${1+1}", "{{1+1}}", "=1+1", "<b>x</b>"]) {
        const made = yield* call("/api/bookings", {
          token,
          headers: { "idempotency-key": `key-${name.replaceAll(/[^\x21-\x7e]/g, "_")}` },
          body: { trainId: "101", date, travelClass: "SL", passengers: [{ name, age: 30 }] }
        })
        assert.strictEqual(made.status, 201, made.text)
        const shown = yield* call(`/api/bookings/${String(made.body["pnr"])}`, { token })
        assert.strictEqual(JSON.parse(shown.text).passengers[0].name, name)
        const found = yield* call(`/api/stations?query=${encodeURIComponent(name)}`)
        assert.deepEqual(found.body["stations"], [], name)
      }
    }))

  it.effect("ends no header, whichever it is put into", () =>
    Effect.gen(function*() {
      const { call, url } = yield* start()
      const token = yield* tokenOf("passenger")
      const split = "x\r\nSet-Cookie: stolen=1\r\n\r\n<html>"
      for (const header of ["X-Request-Id", "Idempotency-Key", "If-None-Match", "Origin", "traceparent"]) {
        for (const ending of ["\r", "\n", "\0", "\r\n "]) {
          const raw = yield* exchangeRaw(
            url,
            `GET /api/trains/101 HTTP/1.1\r\nHost: x\r\n${header}: a${ending}Set-Cookie: b\r\nConnection: close\r\n\r\n`
          )
          assert.notMatch(raw, /^set-cookie/im)
          assert.isTrue([200, 400].includes(statusesOf(raw)[0] ?? 0), raw)
        }
      }
      const encoded = encodeURIComponent(split)
      for (
        const path of [`/api/trains/${encoded}`, `/api/bookings/${encoded}`, `/${encoded}`, `/openapi.json?${encoded}`]
      ) {
        const answer = yield* call(path, { token })
        assert.isNull(answer.headers.get("set-cookie"))
        assert.notInclude(answer.text, "<html>")
      }
    }))

  it.effect("makes no key of Redis but those of its run", () =>
    Effect.gen(function*() {
      const { call } = yield* start()
      const redis = yield* ManagedRedis
      const keys = Effect.map(
        Effect.flatMap(redis.send("KEYS", "*"), Schema.decodeUnknownEffect(Schema.Array(Schema.String))),
        (found) => found.toSorted()
      )
      const token = yield* tokenOf("admin", "wild")
      const date = yield* dayFromToday(5)
      const before = yield* keys
      for (const wild of ["*", "?", "101}:x", "{101", "101:2026", "[0-9]", "101\r\nFLUSHALL", "\0"]) {
        const at = encodeURIComponent(wild)
        for (const path of [`/api/trains/${at}/seats`, `/api/trains/${at}/availability`]) {
          assert.isBelow((yield* call(`${path}?date=${date}&travelClass=SL`)).status, 500)
        }
        const body = { trainId: wild, date, travelClass: "SL", passengers: [{ name: "Example", age: 30 }] }
        assert.strictEqual((yield* call("/api/bookings", { token, body })).status, 400)
        const key = { "idempotency-key": wild.replaceAll(/[^\x21-\x7e]/g, "_") }
        const passengers = [{ name: wild.replaceAll(/[^\x20-\x7e]/g, "_"), age: 30 }]
        const booked = yield* call("/api/bookings", {
          token,
          headers: key,
          body: { ...body, trainId: "101", passengers }
        })
        assert.strictEqual(booked.status, 201, booked.text)
      }
      const added = (yield* keys).filter((key) => !before.includes(key) && !key.includes(`{101:${date}}`))
      // What counts calls is named by who calls, within braces of its own.
      assert.deepEqual(added.filter((key) => !/\{[^{}]*(?:wild|127\.0\.0\.1)[^{}]*\}/.test(key)), [])
    }))

  it.effect("changes no prototype, neither of its own objects nor of all", () =>
    Effect.gen(function*() {
      const { call } = yield* start()
      const token = yield* tokenOf("passenger")
      const good = `"trainId":"101","date":"${yield* dayFromToday(5)}","travelClass":"SL"`
      const passenger = "{\"name\":\"Example\",\"age\":30"
      const bodies = [
        `{${good},"passengers":[${passenger}}],"__proto__":{"userId":"admin","polluted":true}}`,
        `{${good},"passengers":[${passenger},"__proto__":{"polluted":true}}]}`,
        `{${good},"passengers":[${passenger}}],"constructor":{"prototype":{"polluted":true}}}`
      ]
      for (const body of bodies) {
        const made = yield* call("/api/bookings", { token, body })
        assert.include([201, 400], made.status)
        assert.notStrictEqual(made.body["userId"], "admin")
        assert.notInclude(made.text, "polluted")
      }
      const inherited = yield* call("/api/bookings", {
        token,
        body: `{"__proto__":{${good},"passengers":[${passenger}}]}}`
      })
      assert.strictEqual(inherited.status, 400)
      const query = yield* call("/api/stations?__proto__[polluted]=1&constructor[prototype][polluted]=1")
      assert.strictEqual(query.status, 200)
      assert.isUndefined(Object.getOwnPropertyDescriptor(Object.prototype, "polluted"))
    }))
})
