import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { dayFromToday } from "./TestNetwork.ts"
import * as TestServer from "./TestServer.ts"
import { call, tokenOf } from "./TestServer.ts"

layer(TestServer.layer, { timeout: "60 seconds", excludeTestServices: true })("reading and editing over HTTP", (it) => {
  it.effect("stations are found by code or name, without a token", () =>
    Effect.gen(function*() {
      const found = yield* call("/api/stations?query=bbb")
      assert.deepEqual(found.body, { stations: [{ code: "BBB", name: "Station BBB" }] })
      assert.lengthOf(JSON.parse((yield* call("/api/stations")).text).stations, 4)
    }))

  it.effect("a search tells the run's date, local times, kilometres and what is free", () =>
    Effect.gen(function*() {
      // The train leaves its origin at 23:00, so it calls at the second stop on the day after its run's date.
      const date = yield* dayFromToday(6)
      const departure = yield* dayFromToday(7)
      const { text } = yield* call(`/api/trains?from=BBB&to=CCC&date=${departure}`)
      const [train, other] = JSON.parse(text).trains
      assert.deepEqual(train, {
        trainId: "101",
        name: "Train 101",
        trainType: "Express",
        date,
        from: "BBB",
        to: "CCC",
        departsAt: `${departure}T01:00:00.000+05:30`,
        arrivesAt: `${departure}T03:00:00.000+05:30`,
        km: 100,
        classes: ["SL"],
        availability: [{ travelClass: "SL", free: 72 }]
      })
      assert.strictEqual(other.trainId, "102")
      const nowhere = yield* call(`/api/trains?from=BBB&to=ZZZ&date=${departure}`)
      assert.deepEqual([nowhere.status, nowhere.body["stationCode"]], [404, "ZZZ"])
      const backwards = yield* call(`/api/trains?from=CCC&to=BBB&date=${departure}`)
      assert.deepEqual(backwards.body, { trains: [] })
    }))

  it.effect("a train tells its stops, classes and running days", () =>
    Effect.gen(function*() {
      const { body } = yield* call("/api/trains/101")
      assert.deepInclude(body, {
        trainId: "101",
        classes: ["SL"],
        runningDays: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
      })
      assert.deepEqual(JSON.parse(JSON.stringify(body["stops"]))[1], {
        station: { code: "BBB", name: "Station BBB" },
        arrival: "01:00",
        departure: "01:00",
        day: 2,
        km: 100
      })
      const missing = yield* call("/api/trains/999")
      assert.deepEqual([missing.status, missing.body["_tag"]], [404, "TrainNotFound"])
    }))

  it.effect("availability is tagged: who has it gets 304 until something is sold", () =>
    Effect.gen(function*() {
      const date = yield* dayFromToday(8)
      const path = `/api/trains/101/availability?date=${date}`
      const first = yield* call(path)
      assert.strictEqual(first.status, 200)
      assert.deepInclude(first.body, { trainId: "101", date, from: "AAA", to: "DDD" })
      const [general] = JSON.parse(first.text).classes[0].quotas
      assert.deepInclude(general, { quota: "GN", free: 72 })
      const tag = first.headers.get("etag") ?? ""
      assert.match(tag, /^".+"$/)
      for (const given of [tag, `W/${tag}`, `"other", ${tag}`]) {
        const same = yield* call(path, { headers: { "if-none-match": given } })
        assert.deepEqual([same.status, same.text, same.headers.get("etag")], [304, "", tag])
      }
      const body = { trainId: "101", date, travelClass: "SL", to: "BBB", passengers: [{ name: "Example", age: 30 }] }
      assert.strictEqual((yield* call("/api/bookings", { token: yield* tokenOf("passenger"), body })).status, 201)
      const changed = yield* call(path, { headers: { "if-none-match": tag } })
      assert.strictEqual(changed.status, 200)
      assert.strictEqual(JSON.parse(changed.text).classes[0].quotas[0].free, 71)
      const rest = yield* call(`${path}&from=BBB`)
      assert.strictEqual(JSON.parse(rest.text).classes[0].quotas[0].free, 72)
    }))

  it.effect("the seat map has every berth with its state", () =>
    Effect.gen(function*() {
      const date = yield* dayFromToday(9)
      const body = { trainId: "101", date, travelClass: "SL", passengers: [{ name: "Example", age: 30 }] }
      const made = yield* call("/api/bookings", { token: yield* tokenOf("passenger"), body })
      const sold = JSON.parse(made.text).passengers[0].seat
      const { text } = yield* call(`/api/trains/101/seats?date=${date}&travelClass=SL`)
      const { seats } = JSON.parse(text)
      assert.lengthOf(seats, 72)
      const taken = seats.filter(({ state }: { state: string }) => state === "taken")
      assert.deepEqual(taken.map(({ seat }: { seat: string }) => seat), [sold])
      const missing = yield* call(`/api/trains/101/seats?date=${date}&travelClass=1A`)
      assert.deepEqual([missing.status, missing.body["_tag"]], [422, "ClassNotOnTrain"])
    }))

  it.effect("the seat configuration is read and replaced by its version, by admins alone", () =>
    Effect.gen(function*() {
      const path = "/api/admin/trains/103/seat-config"
      const token = yield* tokenOf("admin")
      const passenger = yield* call(path, { token: yield* tokenOf("passenger") })
      assert.deepEqual([passenger.status, passenger.body["_tag"]], [403, "Forbidden"])
      const read = yield* call(path, { token })
      assert.deepEqual([read.status, read.headers.get("etag")], [200, `"${String(read.body["version"])}"`])
      const pools = [{ travelClass: "SL", quota: "GENERAL", berth: "LB", seatCount: 9 }]
      const put = (ifMatch: string | undefined, body: object = { pools }) =>
        call(path, {
          token,
          method: "PUT",
          headers: ifMatch === undefined ? {} : { "if-match": ifMatch },
          body: JSON.stringify(body)
        })
      const without = yield* put(undefined)
      assert.deepEqual([without.status, without.body["_tag"]], [428, "VersionNeeded"])
      const stale = yield* put(`"99"`)
      assert.deepEqual([stale.status, stale.body["_tag"], stale.body["version"]], [412, "VersionConflict", 1])
      assert.strictEqual((yield* put("soon")).status, 400)
      let version = "1"
      for (const form of [(tag: string) => tag, (tag: string) => `"${tag}"`, (tag: string) => `W/"${tag}"`]) {
        const replaced = yield* put(form(version))
        assert.strictEqual(replaced.status, 200, replaced.text)
        assert.deepEqual(replaced.body["pools"], [{ ...pools[0], quota: "GN" }])
        version = String(replaced.body["version"])
        assert.strictEqual(replaced.headers.get("etag"), `"${version}"`)
      }
      const twice = yield* put(version, { pools: [...pools, ...pools] })
      assert.deepEqual([twice.status, twice.body["_tag"]], [422, "SeatConfigImpossible"])
      const large = yield* put(version, { pools, note: "x".repeat(200_000) })
      assert.strictEqual(large.status, 200, "a configuration may be larger than other bodies")
    }))

  it.effect("health, the description, its page and the figures are there for everybody", () =>
    Effect.gen(function*() {
      assert.deepEqual((yield* call("/health/live")).body, { status: "ok" })
      assert.deepEqual((yield* call("/health")).body, { status: "ok" })
      const described = JSON.parse((yield* call("/openapi.json")).text)
      assert.include(Object.keys(described.paths), "/api/bookings/{pnr}/cancel")
      const page = yield* call("/docs")
      assert.match(page.headers.get("content-type") ?? "", /^text\/html/)
      assert.notMatch(page.text.slice(0, 2000), /<script src=/)
      yield* call("/api/trains/101")
      const figures = yield* call("/metrics")
      assert.match(
        figures.text,
        /^berth_http_request_seconds_count\{method="GET",route="\/api\/trains\/:trainId",status="200"\} \d+$/m
      )
      assert.match(figures.text, /^berth_bookings_total\{outcome="CONFIRMED"\} \d+$/m)
    }))
})
