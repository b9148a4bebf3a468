import { BookingCursor } from "@berth/domain/BookingCursor"
import { Pnr } from "@berth/domain/Pnr"
import { TrainId } from "@berth/domain/TrainId"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { rpcOver } from "./RpcForTests.ts"
import { dayFromToday } from "./TestNetwork.ts"
import * as TestServer from "./TestServer.ts"
import { call, tokenOf } from "./TestServer.ts"

const book = Effect.fnUntraced(function*(token: string, date: string, name = "Example") {
  const body = { trainId: "101", date, travelClass: "SL", passengers: [{ name, age: 30 }] }
  return yield* call("/api/bookings", { token, body })
})

const clientOf = (token: string) => Effect.flatMap(TestServer.baseUrl, (url) => rpcOver("HTTP", url, token))

layer(TestServer.layer, { timeout: "60 seconds", excludeTestServices: true })("the operators' calls", (it) => {
  it.effect("an operator sees what an edit would do, makes it with the version seen, and it is in the trail", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("operator", "operator-1")
      const path = "/api/admin/trains/103/seat-config"
      const body = { pools: [{ travelClass: "SL", quota: "GENERAL", berth: "LB", seatCount: 10 }] }
      const seen = yield* call(`${path}/preview`, { token, body })
      assert.strictEqual(seen.status, 200, seen.text)
      assert.deepInclude(seen.body, { version: 1, berthsAdded: 0, berthsRetired: 62, runs: [] })
      assert.notInclude(seen.text, "fresh")
      const stale = yield* call(`${path}/preview`, { token, body, headers: { "if-match": "\"7\"" } })
      assert.deepEqual([stale.status, stale.body["_tag"]], [412, "VersionConflict"])
      const edited = yield* call(path, { token, body, method: "PUT", headers: { "if-match": "\"1\"" } })
      assert.deepEqual([edited.status, edited.headers.get("etag")], [200, "\"2\""])
      const trail = yield* call("/api/admin/audit?userId=operator-1", { token: yield* tokenOf("admin") })
      const [entry] = JSON.parse(trail.text).entries
      assert.deepInclude(entry, { userId: "operator-1", action: "replace seat configuration", subject: "103" })
      assert.deepEqual(entry.details.after, [{ ...body.pools[0], quota: "GN" }])
      assert.lengthOf(entry.details.before, 2)
    }))

  it.effect("an operator leaves a train out of repacking, and it is in the trail once", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("operator", "operator-2")
      const path = "/api/admin/trains/103/repack"
      const repackOf103 = Effect.map(call("/api/admin/trains?query=103", { token }), ({ text }) =>
        JSON.parse(text).trains[0].repack)
      assert.isTrue(yield* repackOf103)
      for (let times = 0; times < 2; times++) {
        const left = yield* call(path, { token, method: "PUT", body: { repack: false } })
        assert.deepEqual([left.status, left.body], [200, { trainId: "103", repack: false }])
      }
      assert.isFalse(yield* repackOf103)
      const unknown = yield* call("/api/admin/trains/NONE/repack", { token, method: "PUT", body: { repack: false } })
      assert.deepEqual([unknown.status, unknown.body["_tag"]], [404, "TrainNotFound"])
      const unsaid = yield* call(path, { token, method: "PUT", body: { repack: "no" } })
      assert.deepEqual([unsaid.status, unsaid.body["_tag"]], [400, "InvalidRequest"])
      const trail = yield* call("/api/admin/audit?userId=operator-2", { token: yield* tokenOf("admin") })
      const { entries } = JSON.parse(trail.text)
      assert.lengthOf(entries, 1)
      assert.deepInclude(entries[0], { action: "set repack", subject: "103", details: { repack: false } })
    }))

  it.effect("a run is listed, closed and opened again", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("operator")
      const passenger = yield* tokenOf("passenger")
      const date = yield* dayFromToday(20)
      assert.strictEqual((yield* book(passenger, date)).status, 201)
      const listed = yield* call(`/api/admin/trains/101/runs?from=${date}`, { token })
      assert.deepInclude(JSON.parse(listed.text).runs[0], { date, sale: "open", bookings: 1, confirmed: 1 })
      const path = `/api/admin/trains/101/runs/${date}`
      const closed = yield* call(`${path}/close`, { token, method: "POST" })
      assert.deepEqual([closed.status, closed.body["sale"]], [200, "closed"])
      const refused = yield* book(passenger, date)
      assert.deepEqual([refused.status, refused.body["_tag"]], [422, "NotARunningDay"])
      assert.strictEqual((yield* call(`${path}/close`, { token, method: "POST" })).status, 409)
      const opened = yield* call(`${path}/open`, { token, method: "POST" })
      assert.deepEqual([opened.status, opened.body["sale"]], [200, "open"])
      assert.strictEqual((yield* book(passenger, date)).status, 201)
      const page = yield* call("/api/admin/trains/101/runs", { token })
      const { nextDate, runs } = JSON.parse(page.text)
      assert.lengthOf(runs, 31)
      const next = yield* call(`/api/admin/trains/101/runs?from=${nextDate}`, { token })
      assert.strictEqual(JSON.parse(next.text).runs[0].date, nextDate)
    }))

  it.effect("who has their data erased has no token any more, and is not let in again", () =>
    Effect.gen(function*() {
      const date = yield* dayFromToday(9)
      const token = yield* tokenOf("passenger", "leaver")
      const { body: { pnr } } = yield* book(token, date)
      const early = yield* call("/api/me", { token, method: "DELETE" })
      assert.deepEqual([early.status, early.body["_tag"], early.body["pnrs"]], [409, "JourneysAhead", [pnr ?? null]])
      assert.strictEqual((yield* call(`/api/bookings/${String(pnr)}/cancel`, { token, method: "POST" })).status, 200)
      const erased = yield* call("/api/me", { token, method: "DELETE" })
      assert.deepInclude(erased.body, { userId: "leaver", passengers: 1, sessions: 1 })
      const again = yield* tokenOf("passenger", "leaver")
      const refused = yield* call("/api/bookings", { token: again })
      assert.strictEqual(refused.status, 401)
      const held = yield* call("/api/admin/people/leaver/export", { token: yield* tokenOf("admin") })
      assert.deepEqual(JSON.parse(held.text).bookings[0].passengers[0].name, "Erased")
    }))

  it.effect("what is asked badly is said to be so", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("admin")
      for (
        const path of [
          "audit?cursor=soon",
          "audit?subject=%00",
          "audit?cursor=99999999999999999999",
          "trains?query=%00",
          "people/anybody/export?cursor=soon"
        ]
      ) {
        assert.strictEqual((yield* call(`/api/admin/${path}`, { token })).status, 400, path)
      }
      for (const cursor of ["2026-02-30T00:00:00.000000Z~1000000000", "9999999999999999~1000000000", "~"]) {
        const body = { question: { by: "person", userId: "anybody" }, cursor }
        assert.strictEqual((yield* call("/api/admin/bookings/search", { token, body })).status, 400, cursor)
      }
    }))

  it.effect("remote calls do the same", () =>
    Effect.gen(function*() {
      const trainId = TrainId.make("102")
      const date = yield* dayFromToday(11)
      const operator = yield* clientOf(yield* tokenOf("operator"))
      const passenger = yield* clientOf(yield* tokenOf("passenger"))
      const { body: { pnr } } = yield* book(yield* tokenOf("passenger", "somebody-else"), date)
      const config = { pools: [] }
      assert.strictEqual((yield* operator.PreviewSeatConfig({ trainId, config })).berthsRetired, 12)
      assert.strictEqual((yield* Effect.flip(passenger.PreviewSeatConfig({ trainId, config })))._tag, "Forbidden")
      const repack = { trainId, repack: false }
      assert.deepEqual(yield* operator.SetRepack(repack), repack)
      assert.strictEqual((yield* Effect.flip(passenger.SetRepack(repack)))._tag, "Forbidden")
      const found = yield* operator.SearchBookings({ question: { by: "pnr", pnr: Pnr.make(String(pnr)) } })
      assert.deepEqual(found.bookings.map(({ userId }) => userId), ["somebody-else"])
      assert.strictEqual((yield* operator.CloseRun({ trainId, date })).sale, "closed")
      assert.strictEqual((yield* operator.OpenRun({ trainId, date })).sale, "open")
      assert.strictEqual((yield* operator.Runs({ trainId, from: date })).runs[0]?.date, date)
      assert.deepEqual((yield* operator.Trains({ query: "102" })).trains.map((train) => train.trainId), [trainId])
      assert.isEmpty((yield* passenger.ExportMine()).bookings)
      assert.isEmpty(
        (yield* passenger.ExportMine({ cursor: BookingCursor.make("1767225600000000~1000000000") })).bookings
      )
      assert.strictEqual((yield* Effect.flip(operator.AuditTrail({})))._tag, "Forbidden")
    }))
})
