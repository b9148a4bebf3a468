import { assert, layer } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { randomUUID } from "node:crypto"
import { spawnProcess } from "./ServerProcess.ts"
import { dayFromToday } from "./TestNetwork.ts"
import { type Asked, engine, readAnswer, TestStores, tokenOf, toRequest } from "./TestServer.ts"

const start = Effect.fnUntraced(function*(example: string, databaseUrl: string) {
  const { redisUri } = yield* TestStores
  const { url } = yield* spawnProcess(process.execPath, [`examples/${example}.ts`], {
    DATABASE_URL: databaseUrl,
    REDIS_URI: Redacted.value(redisUri)
  })
  const base = yield* url
  return (path: string, asked: Asked = {}) =>
    Effect.flatMap(Effect.promise(() => fetch(toRequest(`${base}${path}`, asked))), readAnswer)
})

/** The address of the test's database for somebody who may read it and do nothing else. */
const readersUrl = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const { databaseUrl } = yield* TestStores
  const name = `reader_${randomUUID().replaceAll("-", "")}`
  yield* Effect.acquireRelease(
    sql.unsafe(`CREATE ROLE ${name} LOGIN PASSWORD 'reader'`),
    () => Effect.ignore(sql.unsafe(`DROP OWNED BY ${name}; DROP ROLE ${name}`))
  )
  yield* sql.unsafe(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${name}`)
  const url = new URL(Redacted.value(databaseUrl))
  url.username = name
  url.password = "reader"
  return url.href
})

layer(engine, { timeout: "60 seconds", excludeTestServices: true })("the examples", (it) => {
  it.effect("Berth sells inside a server of somebody's own, whose other paths stay its own", () =>
    Effect.gen(function*() {
      const { databaseUrl } = yield* TestStores
      const call = yield* start("own-server", Redacted.value(databaseUrl))
      assert.match((yield* call("/")).text, /^Welcome to the shop/)
      const token = yield* tokenOf("passenger")
      const passengers = [{ name: "Example", age: 30 }]
      const request = { trainId: "101", date: yield* dayFromToday(5), travelClass: "SL", passengers }
      const made = yield* call("/api/bookings", { token, body: JSON.stringify(request) })
      assert.strictEqual(made.status, 201, made.text)
      assert.strictEqual((yield* call(`/api/bookings/${String(made.body["pnr"])}`, { token })).status, 200)
      const missing = yield* call("/api/nothing")
      assert.deepEqual([missing.status, missing.body["_tag"]], [404, "PathNotFound"])
    }))

  it.effect("the timetable and what is free are read with the right to SELECT alone, and nothing can be sold", () =>
    Effect.gen(function*() {
      const call = yield* start("reading", yield* readersUrl)
      const date = yield* dayFromToday(6)
      assert.strictEqual((yield* call("/api/trains/101")).body["name"], "Train 101")
      const free = yield* call(`/api/trains/101/availability?date=${date}`)
      assert.strictEqual(JSON.parse(free.text).classes[0].quotas[0].free, 72, free.text)
      const found = yield* call(`/api/trains?from=BBB&to=CCC&date=${yield* dayFromToday(9)}`)
      assert.strictEqual(JSON.parse(found.text).trains[0].availability[0].free, 72)
      const bad = yield* call(`/api/trains/101/availability?date=tomorrow`)
      assert.deepEqual([bad.status, bad.body["_tag"]], [400, "InvalidRequest"])
      const token = yield* tokenOf("admin")
      const body = { trainId: "101", date, travelClass: "SL", passengers: [{ name: "Example", age: 30 }] }
      assert.strictEqual((yield* call("/api/bookings", { token, body })).status, 404)
      assert.notInclude((yield* call("/openapi.json")).text, "/api/bookings")
    }))
})
