import { assert, describe, it } from "@effect/vitest"
import { OpenApi } from "effect/http-api"
import { BerthApi, SearchText, searchTextLengthMax } from "../src/BerthApi.ts"
import { VersionTag } from "../src/VersionTag.ts"
import { notRefused, notTaken } from "./Decoding.ts"

const document = OpenApi.fromApi(BerthApi)

const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries({ GET: item.get, POST: item.post, PUT: item.put, PATCH: item.patch, DELETE: item.delete }).flatMap(
    ([method, operation]) => operation === undefined ? [] : [{ call: `${method} ${path}`, path, operation }]
  )
)

/** How one comes by a token. */
const waysIn = new Set(["mail-codes", "password/reset", "sign-in"].map((last) => `POST /api/account/${last}`))

const answersOf = (call: string): ReadonlyArray<string> =>
  operations.filter((operation) => operation.call === call).flatMap(({ operation }) => Object.keys(operation.responses))

describe("BerthApi", () => {
  it("describes every call", () => {
    assert.deepStrictEqual(operations.map(({ call }) => call).toSorted(), [
      "DELETE /api/account/tokens/{id}",
      "DELETE /api/admin/people/{userId}",
      "DELETE /api/me",
      "DELETE /api/webhooks/{id}",
      "GET /api/account/me",
      "GET /api/account/tokens",
      "GET /api/admin/audit",
      "GET /api/admin/people/{userId}/export",
      "GET /api/admin/trains",
      "GET /api/admin/trains/{trainId}/runs",
      "GET /api/admin/trains/{trainId}/seat-config",
      "GET /api/bookings",
      "GET /api/bookings/{pnr}",
      "GET /api/bookings/{pnr}/events",
      "GET /api/me/export",
      "GET /api/stations",
      "GET /api/trains",
      "GET /api/trains/{trainId}",
      "GET /api/trains/{trainId}/availability",
      "GET /api/trains/{trainId}/events",
      "GET /api/trains/{trainId}/seats",
      "GET /api/webhooks",
      "GET /api/webhooks/{id}/dead-letters",
      "POST /api/account/mail-codes",
      "POST /api/account/password",
      "POST /api/account/password/reset",
      "POST /api/account/sign-in",
      "POST /api/account/sign-out",
      "POST /api/account/sign-out-everywhere",
      "POST /api/account/tokens",
      "POST /api/account/totp",
      "POST /api/account/totp/confirm",
      "POST /api/account/totp/remove",
      "POST /api/admin/bookings/search",
      "POST /api/admin/trains/{trainId}/runs/{date}/close",
      "POST /api/admin/trains/{trainId}/runs/{date}/open",
      "POST /api/admin/trains/{trainId}/seat-config/preview",
      "POST /api/bookings",
      "POST /api/bookings/{pnr}/cancel",
      "POST /api/bookings/{pnr}/pay",
      "POST /api/webhooks",
      "POST /api/webhooks/{id}/dead-letters/replay",
      "PUT /api/account/roles/{userId}",
      "PUT /api/admin/trains/{trainId}/repack",
      "PUT /api/admin/trains/{trainId}/seat-config"
    ])
  })

  it("asks for a token wherever a person is needed, and nowhere else", () => {
    for (const { call, path, operation } of operations) {
      const personal = /^\/api\/(?:bookings|admin|me|account|webhooks)/.test(path) && !waysIn.has(call)
      assert.strictEqual(operation.security.length > 0, personal, call)
      assert.strictEqual(Object.hasOwn(operation.responses, "401"), personal || call.endsWith("/sign-in"), call)
    }
  })

  it("answers bad input and a store that is away on every call", () => {
    for (const { call } of operations) assert.includeMembers(Array.from(answersOf(call)), ["400", "503"], call)
  })

  it("answers a booking as made, as made before, or with the reason why not", () => {
    assert.deepStrictEqual(answersOf("POST /api/bookings").toSorted(), [
      "200",
      "201",
      "400",
      "401",
      "403",
      "404",
      "409",
      "422",
      "429",
      "503"
    ])
  })

  it("answers a payment with the booking, or with what stands in its way", () => {
    assert.deepStrictEqual(answersOf("POST /api/bookings/{pnr}/pay").toSorted(), [
      "200",
      "400",
      "401",
      "402",
      "404",
      "409",
      "410",
      "429",
      "503"
    ])
  })

  it("tells a stale version of the configuration from a missing one", () => {
    assert.includeMembers(Array.from(answersOf("PUT /api/admin/trains/{trainId}/seat-config")), ["412", "428", "422"])
  })

  it("refers to nothing that it does not describe", () => {
    const references = Array.from(JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g))
    assert.isNotEmpty(references)
    for (const [, name] of references) assert.property(document.components.schemas, name ?? "")
  })
})

describe("SearchText", () => {
  it("is as long as a station's name, no longer", () => {
    assert.isEmpty(notTaken(SearchText, ["", "Howrah", "हावड़ा", "a".repeat(searchTextLengthMax)]))
    assert.isEmpty(
      notRefused(SearchText, "Expected a value with a length of at most 100", ["a".repeat(searchTextLengthMax + 1)])
    )
  })
})

describe("VersionTag", () => {
  it("takes a version with or without its quotes, weak or strong", () => {
    assert.isEmpty(notTaken(VersionTag, ["\"7\"", "7", "W/\"7\"", "\"123456789012345\""]))
  })

  it("refuses other entity tags", () => {
    assert.isEmpty(notRefused(VersionTag, "Expected the version as the ETag gave it, for example \"7\"", [
      "",
      "*",
      "\"7",
      "7\"",
      "\"x\"",
      "-7",
      "\"7\", \"8\"",
      "1234567890123456"
    ]))
  })
})
