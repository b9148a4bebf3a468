import { callsPerMinuteMax } from "@berth/domain/rules/Permissions"
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "@berth/server/generated/google/rpc/error_details_pb"
import { compressionGzip, createGrpcTransport } from "@connectrpc/connect-node"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { dayFromToday } from "../TestNetwork.ts"
import { call, tokenOf } from "../TestServer.ts"
import * as TestClients from "./TestClients.ts"
import { answered, bearer, clientOf, grpcUrl, refused, transports } from "./TestClients.ts"

const grpc = Effect.map(grpcUrl, (baseUrl) => clientOf(createGrpcTransport({ baseUrl })))

const requestFor = Effect.fnUntraced(function*(days: number) {
  const date = yield* dayFromToday(days)
  return { trainId: "101", date, travelClass: "SL", passengers: [{ name: "Example", age: 30 }] }
})

layer(TestClients.layer, { timeout: "60 seconds", excludeTestServices: true })("refusals", (it) => {
  for (const [name, transport] of transports) {
    it.effect(`over ${name} have the code of their kind and name the domain's error`, () =>
      Effect.gen(function*() {
        const client = clientOf(yield* transport)
        const owner = bearer(yield* tokenOf("passenger"))
        const other = bearer(yield* tokenOf("passenger"))
        const good = yield* requestFor(5)
        const { pnr } = yield* answered(() => client.book(good, owner))
        const seven = good.passengers.concat(...Array.from({ length: 6 }, () => good.passengers))
        const far = yield* dayFromToday(200)

        assert.deepEqual(yield* refused(() => client.show({ pnr }, other)), ["NotFound", "BookingNotFound"])
        assert.deepEqual(yield* refused(() => client.cancel({ pnr }, other)), ["NotFound", "BookingNotFound"])
        assert.deepEqual(yield* refused(() => client.show({ pnr })), ["Unauthenticated", "Unauthorized"])
        assert.deepEqual(yield* refused(() => client.show({ pnr: "1" }, owner)), ["InvalidArgument", "InvalidRequest"])
        const cases = [
          [{ trainId: "999" }, "NotFound", "TrainNotFound"],
          [{ from: "CCC", to: "BBB" }, "FailedPrecondition", "JourneyNotOnTrain"],
          [{ date: far }, "FailedPrecondition", "OutsideBookingWindow"],
          [{ passengers: seven }, "FailedPrecondition", "TooManyPassengers"],
          [{ userId: "somebody" }, "PermissionDenied", "Forbidden"],
          [{ conditions: { lowerBerthsMin: 7 } }, "InvalidArgument", "InvalidRequest"]
        ] as const
        for (const [change, code, reason] of cases) {
          assert.deepEqual(yield* refused(() => client.book({ ...good, ...change }, owner)), [code, reason])
        }
        yield* answered(() => client.cancel({ pnr }, owner))
        assert.deepEqual(yield* refused(() => client.cancel({ pnr }, owner)), ["FailedPrecondition", "NothingToCancel"])
      }))
  }

  it.effect("a bad message is told by field, all at once, as over HTTP", () =>
    Effect.gen(function*() {
      const client = yield* grpc
      const token = yield* tokenOf("passenger")
      const bad = { trainId: "no such train!", date: "2026-02-30", passengers: [{ name: "Example" }, { age: -1 }] }
      const error = yield* Effect.flip(answered(() => client.book(bad, bearer(token))))
      const violations = error.findDetails(BadRequestSchema)[0]?.fieldViolations ?? []
      assert.deepEqual(violations.map(({ field }) => field), [
        "trainId",
        "date",
        "travelClass",
        "passengers[0].age",
        "passengers[1].name",
        "passengers[1].age"
      ])
      const overHttp = yield* call("/api/bookings", { token, body: bad })
      assert.strictEqual(error.rawMessage, overHttp.body["detail"])
      assert.deepEqual(
        violations.map(({ description }) => description),
        JSON.parse(overHttp.text).errors.map((issue: { message: string }) => issue.message)
      )
    }))

  it.effect("a key that is none is refused where it stands", () =>
    Effect.gen(function*() {
      const client = yield* grpc
      const request = yield* requestFor(5)
      const headers = { authorization: `Bearer ${yield* tokenOf("passenger")}`, "idempotency-key": "k".repeat(200) }
      const error = yield* Effect.flip(answered(() => client.book(request, { headers })))
      assert.deepEqual(error.findDetails(BadRequestSchema)[0]?.fieldViolations.map(({ field }) => field), [
        "idempotency-key"
      ])
    }))

  it.effect("the fields of an error come along", () =>
    Effect.gen(function*() {
      const client = yield* grpc
      const date = yield* dayFromToday(5)
      const error = yield* Effect.flip(answered(() => client.availability({ trainId: "999", date })))
      assert.deepInclude(error.findDetails(ErrorInfoSchema)[0], { domain: "berth", metadata: { trainId: "999" } })
    }))

  it.effect("calls over HTTP and over gRPC come off one budget, and who has used it up learns when to come back", () =>
    Effect.gen(function*() {
      const client = yield* grpc
      const token = yield* tokenOf("passenger")
      const asked = Array.from({ length: callsPerMinuteMax.passenger }, () => call("/api/bookings", { token }))
      yield* Effect.all(asked, { concurrency: 16 })
      const spent = yield* Effect.flip(
        answered(() => client.show({ pnr: "4512345678" }, bearer(token))).pipe(
          // A call that the passing of time had earned is used up as well.
          Effect.catchIf((error) => error.findDetails(RetryInfoSchema).length === 0, () => Effect.void),
          Effect.repeat({ times: callsPerMinuteMax.passenger })
        )
      )
      assert.deepEqual(spent.findDetails(ErrorInfoSchema)[0]?.reason, "RateLimited")
      assert.strictEqual(spent.findDetails(RetryInfoSchema)[0]?.retryDelay?.seconds, 1n)
      assert.strictEqual(spent.metadata.get("retry-after"), "1")
    }))

  it.effect("a message larger than any booking is refused, packed or not, and the next call is served", () =>
    Effect.gen(function*() {
      const client = yield* grpc
      const date = yield* dayFromToday(5)
      const large = { from: "x".repeat(70_000), to: "DDD", date }
      const baseUrl = yield* grpcUrl
      const packing = createGrpcTransport({ baseUrl, sendCompression: compressionGzip })
      for (const transport of [...transports.map(([, made]) => made), Effect.succeed(packing)]) {
        const sender = clientOf(yield* transport)
        assert.deepEqual(yield* refused(() => sender.trains(large)), ["ResourceExhausted", undefined])
      }
      assert.lengthOf((yield* answered(() => client.trains({ from: "AAA", to: "DDD", date }))).trains, 2)
    }))
})
