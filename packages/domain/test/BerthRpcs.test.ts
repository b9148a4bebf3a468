import { assert, describe, it } from "@effect/vitest"
import { type Schema, SchemaAST } from "effect"
import { HttpApi } from "effect/http-api"
import { type RpcGroup, RpcSchema } from "effect/rpc"
import { RpcAuth } from "../src/Auth.ts"
import { BerthApi } from "../src/BerthApi.ts"
import { BerthRpcs } from "../src/BerthRpcs.ts"

type RpcName = RpcGroup.Rpcs<typeof BerthRpcs>["_tag"]

/** The HTTP call that does what a remote call does. */
const counterparts: Readonly<Record<RpcName, string>> = {
  Stations: "GET /api/stations",
  Search: "GET /api/trains",
  Train: "GET /api/trains/:trainId",
  Availability: "GET /api/trains/:trainId/availability",
  WatchAvailability: "GET /api/trains/:trainId/availability",
  Seats: "GET /api/trains/:trainId/seats",
  Book: "POST /api/bookings",
  Bookings: "GET /api/bookings",
  Show: "GET /api/bookings/:pnr",
  WatchBooking: "GET /api/bookings/:pnr",
  Cancel: "POST /api/bookings/:pnr/cancel",
  Pay: "POST /api/bookings/:pnr/pay",
  BookingEvents: "GET /api/bookings/:pnr/events",
  RunEvents: "GET /api/trains/:trainId/events",
  Webhooks: "GET /api/webhooks",
  AddWebhook: "POST /api/webhooks",
  RemoveWebhook: "DELETE /api/webhooks/:id",
  DeadLetters: "GET /api/webhooks/:id/dead-letters",
  ReplayDeadLetters: "POST /api/webhooks/:id/dead-letters/replay",
  SeatConfig: "GET /api/admin/trains/:trainId/seat-config",
  ReplaceSeatConfig: "PUT /api/admin/trains/:trainId/seat-config",
  PreviewSeatConfig: "POST /api/admin/trains/:trainId/seat-config/preview",
  SetRepack: "PUT /api/admin/trains/:trainId/repack",
  Trains: "GET /api/admin/trains",
  Runs: "GET /api/admin/trains/:trainId/runs",
  CloseRun: "POST /api/admin/trains/:trainId/runs/:date/close",
  OpenRun: "POST /api/admin/trains/:trainId/runs/:date/open",
  SearchBookings: "POST /api/admin/bookings/search",
  AuditTrail: "GET /api/admin/audit",
  ExportMine: "GET /api/me/export",
  EraseMine: "DELETE /api/me",
  ExportPerson: "GET /api/admin/people/:userId/export",
  ErasePerson: "DELETE /api/admin/people/:userId"
}

interface Answers {
  readonly successes: ReadonlyArray<string>
  readonly errors: ReadonlyArray<string>
}

/** Errors that the way of calling brings along: middleware answers them, or a header that remote calls do not have. */
const errorsOfTransport = new Set(["InvalidRequest", "Unauthorized", "RateLimited", "VersionNeeded"])

const namesOf = (schemas: ReadonlyArray<Schema.Constraint>): ReadonlyArray<string> =>
  Array.from(
    new Set(
      schemas.flatMap(({ ast }) => SchemaAST.isUnion(ast) ? ast.types : [ast]).map((ast) =>
        String(SchemaAST.resolveIdentifier(ast))
      )
    )
  ).filter((name) => !errorsOfTransport.has(name)).toSorted()

const httpCalls = (): ReadonlyMap<string, Answers> => {
  const calls = new Map<string, Answers>()
  HttpApi.reflect(BerthApi, {
    onGroup: () => {},
    onEndpoint: ({ endpoint, errors, successes }) => {
      // Accounts are for HTTP alone: a remote caller brings a token, and passwords have one way in to guard.
      if (endpoint.path.startsWith("/api/account/")) return
      calls.set(`${endpoint.method} ${endpoint.path}`, {
        successes: namesOf(Array.from(successes.values()).flat()),
        errors: namesOf(Array.from(errors.values()).flat())
      })
    }
  })
  return calls
}

const rpcCalls = (): ReadonlyMap<RpcName, Answers> =>
  new Map(
    Array.from(BerthRpcs.requests.values(), (rpc) => {
      const { success, error } = RpcSchema.isStreamSchema(rpc.successSchema)
        ? rpc.successSchema
        : { success: rpc.successSchema, error: rpc.errorSchema }
      return [rpc._tag, { successes: namesOf([success]), errors: namesOf([error]) }]
    })
  )

describe("BerthRpcs", () => {
  it("does what the HTTP calls do, all of it", () => {
    assert.deepStrictEqual(Array.from(BerthRpcs.requests.keys()).toSorted(), Object.keys(counterparts).toSorted())
    assert.deepStrictEqual(
      Array.from(new Set(Object.values(counterparts))).toSorted(),
      Array.from(httpCalls().keys()).toSorted()
    )
  })

  it("answers what the HTTP calls answer, and fails as they fail", () => {
    const http = httpCalls()
    for (const [name, answers] of rpcCalls()) {
      const counterpart = http.get(counterparts[name])
      // Events are messages of text over HTTP, one by one; remote calls answer some at once, with the cursor.
      if (!name.endsWith("Events")) assert.deepStrictEqual(answers.successes, counterpart?.successes, name)
      assert.deepStrictEqual(
        // A server takes a limited number of watchers.
        answers.errors.filter((error) => !name.startsWith("Watch") || error !== "Overloaded"),
        counterpart?.errors,
        name
      )
    }
  })

  it("asks for a token where HTTP does", () => {
    for (const rpc of BerthRpcs.requests.values()) {
      const personal = /^\w+ \/api\/(?:bookings|admin|me|webhooks)/.test(counterparts[rpc._tag])
      assert.strictEqual(Array.from(rpc.middlewares, ({ key }) => key).includes(RpcAuth.key), personal, rpc._tag)
    }
  })
})
