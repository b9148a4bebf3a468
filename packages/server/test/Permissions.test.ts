import { Role } from "@berth/domain/Auth"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { dayFromToday } from "./TestNetwork.ts"
import * as TestServer from "./TestServer.ts"
import { type Asked, call, tokenOf } from "./TestServer.ts"

const staff = ["clerk", "operator", "admin"] as const
const operators = ["operator", "admin"] as const
const everybody = Role.literals

const pools = [{ travelClass: "SL", quota: "GN", berth: "LB", seatCount: 6 }]

const search = { question: { by: "person", userId: "anybody" } }

/** Who may make which call; whoever may not is told so before anything is looked at. */
const rules: ReadonlyArray<{ readonly path: string; readonly asked?: Asked; readonly allowed: ReadonlyArray<Role> }> = [
  { path: "/api/bookings", allowed: everybody },
  { path: "/api/me/export", allowed: everybody },
  { path: "/api/admin/trains", allowed: staff },
  { path: "/api/admin/trains/101/runs", allowed: staff },
  { path: "/api/admin/bookings/search", asked: { body: search }, allowed: staff },
  { path: "/api/admin/trains/103/seat-config", allowed: operators },
  { path: "/api/admin/trains/103/seat-config/preview", asked: { body: { pools } }, allowed: operators },
  {
    path: "/api/admin/trains/103/seat-config",
    asked: { method: "PUT", headers: { "if-match": "\"99\"" }, body: { pools } },
    allowed: operators
  },
  { path: "/api/admin/trains/101/runs/2020-01-01/close", asked: { method: "POST" }, allowed: operators },
  { path: "/api/admin/trains/101/runs/2020-01-01/open", asked: { method: "POST" }, allowed: operators },
  { path: "/api/admin/audit", allowed: ["admin"] },
  { path: "/api/admin/people/anybody/export", allowed: ["admin"] },
  { path: "/api/admin/people/anybody", asked: { method: "DELETE" }, allowed: ["admin"] }
]

layer(TestServer.layer, { timeout: "60 seconds", excludeTestServices: true })("who may do what", (it) => {
  it.effect("is the same for every call of a kind, and nothing is for whoever has no token", () =>
    Effect.gen(function*() {
      for (const { allowed, asked, path } of rules) {
        const name = `${asked?.method ?? ""} ${path}`
        assert.strictEqual((yield* call(path, asked)).status, 401, name)
        for (const role of everybody) {
          const answer = yield* call(path, { ...asked, token: yield* tokenOf(role) })
          assert.strictEqual(answer.body["_tag"] === "Forbidden", !allowed.includes(role), `${role} ${name}`)
          assert.strictEqual(answer.status === 403, !allowed.includes(role), `${role} ${name}`)
        }
      }
    }))

  it.effect("clerks book, see and cancel for others; agents and passengers do not", () =>
    Effect.gen(function*() {
      const admin = yield* tokenOf("admin")
      const body = JSON.stringify({
        trainId: "101",
        date: yield* dayFromToday(5),
        travelClass: "SL",
        userId: "customer",
        passengers: [{ name: "Example", age: 30 }]
      })
      for (const role of everybody) {
        const may = staff.some((one) => one === role)
        const token = yield* tokenOf(role, `as-${role}`)
        const made = yield* call("/api/bookings", { token, body })
        assert.strictEqual(made.status, may ? 201 : 403, made.text)
        const { pnr } = (may ? made : yield* call("/api/bookings", { token: admin, body })).body
        const path = `/api/bookings/${String(pnr)}`
        assert.strictEqual((yield* call(path, { token })).status, may ? 200 : 404)
        assert.strictEqual((yield* call(`${path}/cancel`, { token, method: "POST" })).status, may ? 200 : 404)
        const trail = yield* call(`/api/admin/audit?subject=${String(pnr)}&userId=as-${role}`, { token: admin })
        const actions = JSON.parse(trail.text).entries.map(({ action }: { action: string }) => action)
        assert.deepEqual(actions, may ? ["cancel for another", "see booking", "book for another"] : [])
      }
    }))
})
