import { assert, layer } from "@effect/vitest"
import { Effect, type Schema } from "effect"
import { SqlClient } from "effect/sql"
import { dayFromToday } from "./TestNetwork.ts"
import * as TestServer from "./TestServer.ts"
import { type Answer, call, tokenOf } from "./TestServer.ts"

const isProblem = (answer: Answer, status: number, tag: string) => {
  assert.deepEqual([answer.status, answer.body["_tag"]], [status, tag], answer.text)
  assert.strictEqual(answer.headers.get("content-type"), "application/problem+json")
  assert.strictEqual(answer.body["status"], status)
  assert.strictEqual(answer.body["type"], `urn:berth:problem:${tag}`)
  assert.match(String(answer.body["detail"]), /^[\w{].+\.$/)
  assert.strictEqual(answer.body["requestId"], answer.headers.get("x-request-id"))
  assert.isNotEmpty(answer.body["title"])
}

const named = (answer: Answer) =>
  JSON.parse(answer.text).errors.map((issue: { in: string; path: ReadonlyArray<string> }) =>
    [issue.in, ...issue.path].join(".")
  )

const rowsSold = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  return yield* sql`SELECT count(*)::int AS bookings, (SELECT count(*)::int FROM sale) AS sales FROM booking`
})

const booking = Effect.gen(function*() {
  return {
    trainId: "101",
    date: yield* dayFromToday(5),
    travelClass: "SL",
    quota: "GENERAL",
    passengers: [{ name: "Example", age: 18 }]
  }
})

const passenger = (more: Readonly<Record<string, Schema.Json>>) => ({
  passengers: [{ name: "First", age: 40 }, { name: "Example", age: 18, ...more }]
})

layer(TestServer.layer, { timeout: "60 seconds", excludeTestServices: true })("bad input", (it) => {
  it.effect("malformed values are refused by field, with what is allowed, and without repeating what was sent", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const good = yield* booking
      const cases: ReadonlyArray<readonly [Readonly<Record<string, Schema.Json>>, string, RegExp]> = [
        [{ trainId: "no such train!" }, "body.trainId", /letters, digits/],
        [{ date: "tomorrow" }, "body.date", /YYYY-MM-DD/],
        [{ date: "2026-02-30" }, "body.date", /calendar/],
        [{ travelClass: "XX" }, "body.travelClass", /"SL"/],
        [{ quota: "NONE" }, "body.quota", /"GN"/],
        [{ from: "not a code" }, "body.from", /station code/],
        [{ userId: "a b" }, "body.userId", /user id/],
        [{ passengers: [] }, "body.passengers.0", /missing/],
        [{ passengers: "two" }, "body.passengers", /array/],
        [{ payment: "barter" }, "body.payment", /"account"/],
        [{ conditions: { lowerBerthsMin: 7 } }, "body.conditions.lowerBerthsMin", /between 0 and 6/],
        [passenger({ age: -1 }), "body.passengers.1.age", /between 0 and 125/],
        [passenger({ age: 200 }), "body.passengers.1.age", /between 0 and 125/],
        [passenger({ age: 1.5 }), "body.passengers.1.age", /integer/],
        [passenger({ name: "x".repeat(10_000) }), "body.passengers.1.name", /1 to 60 characters/],
        [passenger({ name: "a\u0000b" }), "body.passengers.1.name", /control characters/],
        [passenger({ berth: "ZZ" }), "body.passengers.1.berth", /"LB"/]
      ]
      const before = yield* rowsSold
      for (const [change, path, allowed] of cases) {
        const answer = yield* call("/api/bookings", { token, body: { ...good, ...change } })
        isProblem(answer, 400, "InvalidRequest")
        assert.deepEqual(named(answer), [path])
        assert.match(String(answer.body["detail"]), allowed)
        assert.notInclude(answer.text, "x".repeat(81))
      }
      assert.deepEqual(yield* rowsSold, before)
    }))

  it.effect("every flaw is named at once, twenty at most", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const few = yield* call("/api/bookings", { token, body: { trainId: 7, passengers: [{ age: 200 }] } })
      assert.deepEqual(named(few), [
        "body.trainId",
        "body.date",
        "body.travelClass",
        "body.passengers.0.name",
        "body.passengers.0.age"
      ])
      const crowd = Array.from({ length: 500 }, () => ({ name: "", age: -1 }))
      const many = yield* call("/api/bookings", { token, body: { ...yield* booking, passengers: crowd } })
      assert.lengthOf(named(many), 20)
    }))

  it.effect("what the rules forbid is told apart, and nothing is written", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const good = yield* booking
      const seven = Array.from({ length: 7 }, () => ({ name: "Example", age: 18 }))
      const cases: ReadonlyArray<readonly [Readonly<Record<string, Schema.Json>>, number, string]> = [
        [{ trainId: "999" }, 404, "TrainNotFound"],
        [{ from: "ZZZ" }, 404, "StationNotFound"],
        [{ from: "CCC", to: "BBB" }, 422, "JourneyNotOnTrain"],
        [{ from: "BBB", to: "BBB" }, 422, "JourneyNotOnTrain"],
        [{ date: yield* dayFromToday(-2) }, 422, "OutsideBookingWindow"],
        [{ date: yield* dayFromToday(200) }, 422, "OutsideBookingWindow"],
        [{ trainId: "103" }, 422, "NotARunningDay"],
        [{ travelClass: "1A" }, 422, "ClassNotOnTrain"],
        [{ quota: "TATKAL" }, 422, "QuotaNotOnTrain"],
        [{ passengers: seven }, 422, "TooManyPassengers"],
        [{ userId: "somebody" }, 403, "Forbidden"]
      ]
      const before = yield* rowsSold
      for (const [change, status, tag] of cases) {
        isProblem(yield* call("/api/bookings", { token, body: { ...good, ...change } }), status, tag)
      }
      assert.deepEqual(yield* rowsSold, before)
    }))

  it.effect("flaws of a path, a query and a header are named where they stand", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const path = yield* call("/api/bookings/123", { token })
      assert.deepEqual(named(path), ["params.pnr"])
      const query = yield* call("/api/trains?from=AAA&date=2026-13-01")
      assert.deepEqual(named(query).toSorted(), ["query.date", "query.to"])
      const header = yield* call("/api/bookings", {
        token,
        headers: { "idempotency-key": "k".repeat(200) },
        body: yield* booking
      })
      assert.deepEqual(named(header), ["headers.idempotency-key"])
      const twice = yield* call("/api/stations?query=a&query=b")
      assert.deepEqual(named(twice), ["query.query"])
      const cursor = yield* call("/api/bookings?cursor=later", { token })
      assert.deepEqual(named(cursor), ["query.cursor"])
    }))

  it.effect("a body that is not JSON, too large or deeply nested does no harm", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      isProblem(yield* call("/api/bookings", { token, body: "{ not json" }), 400, "InvalidRequest")
      isProblem(yield* call("/api/bookings", { token, method: "POST" }), 400, "InvalidRequest")
      const nested = `${"[".repeat(20_000)}${"]".repeat(20_000)}`
      isProblem(yield* call("/api/bookings", { token, body: nested }), 400, "InvalidRequest")
      isProblem(yield* call("/api/bookings", { token, body: " ".repeat(65_537) }), 413, "PayloadTooLarge")
      const headers = { "content-type": "text/csv" }
      isProblem(yield* call("/api/bookings", { token, body: "a,b", headers }), 415, "UnsupportedMediaType")
    }))

  it.effect("a body without a length is cut off at the same size", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const url = yield* TestServer.baseUrl
      const chunk = new Uint8Array(8192).fill(32)
      let chunks = 0
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => chunks++ < 16 ? controller.enqueue(chunk) : controller.close()
      })
      const response = yield* Effect.promise(() =>
        fetch(`${url}/api/bookings`, {
          method: "POST",
          headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
          body,
          duplex: "half"
        })
      )
      isProblem(yield* TestServer.readAnswer(response), 413, "PayloadTooLarge")
    }))

  it.effect("paths that are not there, methods they do not take, and callers without a token get problems too", () =>
    Effect.gen(function*() {
      isProblem(yield* call("/api/nothing"), 404, "PathNotFound")
      const method = yield* call("/api/bookings/4512345678/cancel")
      isProblem(method, 405, "MethodNotAllowed")
      assert.strictEqual(method.headers.get("allow"), "POST")
      assert.strictEqual((yield* call("/api/bookings", { method: "DELETE" })).headers.get("allow"), "GET, HEAD, POST")
      isProblem(yield* call("/rpc"), 405, "MethodNotAllowed")
      const anonymous = yield* call("/api/bookings")
      isProblem(anonymous, 401, "Unauthorized")
      assert.strictEqual(anonymous.headers.get("www-authenticate"), "Bearer")
      for (const token of ["x", `berth_${"A".repeat(43)}`]) {
        isProblem(yield* call("/api/bookings", { token }), 401, "Unauthorized")
      }
    }))

  it.effect("a request keeps a sane id of its caller's and gets one of the server's otherwise", () =>
    Effect.gen(function*() {
      const kept = yield* call("/api/nothing", { headers: { "x-request-id": "trace-7" } })
      assert.strictEqual(kept.body["requestId"], "trace-7")
      const replaced = yield* call("/api/nothing", { headers: { "x-request-id": "a b" } })
      isProblem(replaced, 404, "PathNotFound")
      assert.notStrictEqual(replaced.body["requestId"], "a b")
    }))
})
