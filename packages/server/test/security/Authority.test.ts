import { Role } from "@berth/domain/Auth"
import { assert, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { randomUUID } from "node:crypto"
import { dayFromToday } from "../TestNetwork.ts"
import * as TestServer from "../TestServer.ts"
import { call, firstPiece, readAnswer, tokenOf } from "../TestServer.ts"
import { type Least, leastOfGrpc, leastOfHttp, leastOfRpc } from "./Authority.ts"
import { grpcOperations, httpOperations, httpOperationsOf, type Operation, rpcOperations } from "./JsonSchema.ts"
import { type Filled, filled, headersOf, makeSamples, type Samples, targetOf } from "./Samples.ts"

const tables = { HTTP: leastOfHttp, RPC: leastOfRpc, gRPC: leastOfGrpc }

const operations = [...httpOperations, ...rpcOperations, ...grpcOperations]

const unclassified = (found: ReadonlyArray<Operation>) =>
  found.filter(({ door, name }) => tables[door][name] === undefined).map(({ door, name }) => `${door}: ${name}`)

const leastOf = ({ door, name }: Operation): Least => tables[door][name] ?? "admin"

const rank = (role: Role): number => Role.literals.indexOf(role)

const mayCall = (role: Role, least: Least): boolean =>
  least === "anybody" || least !== "session" && rank(role) >= rank(least)

/** How a call ended, in the words of the HTTP API: the name of a refusal, or nothing. */
interface Ended {
  readonly refusal: string | undefined
  readonly text: string
}

const Refused = Schema.fromJsonString(Schema.Struct({ _tag: Schema.String, type: Schema.String }))
const decodeRefused = Schema.decodeUnknownOption(Refused)

const RpcExit = Schema.fromJsonString(Schema.Struct({
  exit: Schema.TaggedStruct("Failure", {
    cause: Schema.Array(Schema.Struct({
      _tag: Schema.String,
      error: Schema.optionalKey(Schema.Struct({ _tag: Schema.String }))
    }))
  })
}))
const decodeRpcExit = Schema.decodeUnknownOption(RpcExit)

const ConnectProblem = Schema.Struct({
  details: Schema.Array(Schema.Struct({ type: Schema.String, debug: Schema.optionalKey(Schema.Json) }))
})
const ErrorInfo = Schema.Struct({ reason: Schema.String })
const decodeConnect = Schema.decodeUnknownOption(Schema.fromJsonString(ConnectProblem))
const decodeConnectEnd = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct({ error: ConnectProblem })))
const decodeInfo = Schema.decodeUnknownOption(ErrorInfo)

const bearer = (token: string | undefined): Readonly<Record<string, string>> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` }

const post = Effect.fnUntraced(function*(path: string, body: string | Uint8Array, headers: Record<string, string>) {
  const url = yield* TestServer.baseUrl
  return yield* Effect.promise(() => fetch(`${url}${path}`, { method: "POST", body: Buffer.from(body), headers }))
})

const overHttp = Effect.fnUntraced(function*(operation: Operation, given: Filled, token: string | undefined) {
  const { text } = yield* call(targetOf(operation, given), {
    method: operation.method,
    headers: { ...headersOf(given), ...bearer(token) },
    ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) })
  })
  const refused = decodeRefused(text)
  return { refusal: refused._tag === "Some" ? refused.value._tag : undefined, text }
})

const overRpc = Effect.fnUntraced(function*(operation: Operation, given: Filled, token: string | undefined) {
  const headers = Object.entries({ "berth-rpc-version": "2", ...bearer(token) })
  const message = {
    _tag: "Request",
    id: "1",
    tag: operation.name,
    payload: given.body === undefined ? {} : given.body,
    headers
  }
  const response = yield* post("/rpc", `${JSON.stringify(message)}\n`, { "content-type": "application/ndjson" })
  const text = yield* firstPiece(response)
  const exit = decodeRpcExit(text.split("\n")[0] ?? "")
  const cause = exit._tag === "Some" ? exit.value.exit.cause[0] : undefined
  return { refusal: cause === undefined ? undefined : cause.error?._tag ?? cause._tag, text }
})

const frame = (text: string): Uint8Array => {
  const bytes = Buffer.from(text)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

const overConnect = Effect.fnUntraced(function*(operation: Operation, given: Filled, token: string | undefined) {
  const text = JSON.stringify(given.body ?? {})
  const response = yield* operation.streams
    ? post(operation.path, frame(text), { "content-type": "application/connect+json", ...bearer(token) })
    : post(operation.path, text, { "content-type": "application/json", ...bearer(token) })
  const answer = operation.streams ? (yield* firstPiece(response)).slice(5) : (yield* readAnswer(response)).text
  const whole = decodeConnect(answer)
  const end = decodeConnectEnd(answer)
  const problem = whole._tag === "Some" ? whole.value : end._tag === "Some" ? end.value.error : undefined
  const info = problem?.details.flatMap(({ debug }) => {
    const decoded = decodeInfo(debug)
    return decoded._tag === "Some" ? [decoded.value.reason] : []
  })
  return { refusal: info?.[0], text: answer }
})

const doors = { HTTP: overHttp, RPC: overRpc, gRPC: overConnect }

const makeCall = (operation: Operation, samples: Samples, token: string | undefined) =>
  Effect.map(
    doors[operation.door](operation, filled(operation, samples), token),
    // Without what differs in any two answers, and without what says the same in base64.
    (ended): Ended => ({ ...ended, text: ended.text.replaceAll(/"(?:requestId|value)":"[^"]*"/g, "") })
  )

/** Somebody with a booking, and good values for every call that names it. */
const owner = Effect.gen(function*() {
  const userId = `owner-${randomUUID()}`
  const token = yield* tokenOf("passenger", userId)
  const date = yield* dayFromToday(5)
  const passengers = [{ name: "Quintessa Unrepeated", age: 30 }]
  const made = yield* call("/api/bookings", { token, body: { trainId: "101", date, travelClass: "SL", passengers } })
  assert.strictEqual(made.status, 201, made.text)
  return { token, userId, samples: makeSamples({ date, userId, pnr: String(made.body["pnr"]) }) }
})

const isOneOf = (refusal: string | undefined, names: ReadonlyArray<string>) =>
  refusal !== undefined && names.includes(refusal)

layer(TestServer.layer, { timeout: "60 seconds", excludeTestServices: true })("who may make a call", (it) => {
  it.effect("is said for every call that the server describes, over every door", () =>
    Effect.gen(function*() {
      assert.deepEqual(unclassified(operations), [])
      const served = httpOperationsOf(JSON.parse((yield* call("/openapi.json")).text))
      assert.deepEqual(served.map(({ name }) => name), httpOperations.map(({ name }) => name))
      // The check itself finds what is new.
      assert.deepEqual(
        unclassified(httpOperations.map((operation) => ({ ...operation, name: "POST /api/new" }))).length,
        httpOperations.length
      )
    }))

  it.effect("nobody without a good token gets further than what is for everybody", () =>
    Effect.gen(function*() {
      const { samples, token } = yield* owner
      const forged = [
        undefined,
        "x",
        `berth_${"A".repeat(43)}`,
        `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}`
      ]
      for (const operation of operations) {
        for (const given of forged) {
          const { refusal, text } = yield* makeCall(operation, samples, given)
          const open = leastOf(operation) === "anybody"
          assert.strictEqual(refusal === "Unauthorized", !open, `${operation.door} ${operation.name}: ${text}`)
        }
      }
    }))

  it.effect("whoever has a lower role is refused, and whoever has the role or a higher one is not", () =>
    Effect.gen(function*() {
      const { samples } = yield* owner
      for (const operation of operations) {
        const least = leastOf(operation)
        for (const role of Role.literals) {
          // Somebody new each time: a call may end its caller's account.
          const { refusal, text } = yield* makeCall(operation, samples, yield* tokenOf(role))
          const said = `${role} ${operation.door} ${operation.name}: ${text}`
          assert.strictEqual(refusal === "Forbidden", !mayCall(role, least), said)
          assert.isFalse(isOneOf(refusal, ["Unauthorized", "InternalError", "Die", "StoreUnavailable"]), said)
          assert.notStrictEqual(refusal, "InvalidRequest", `A sample lacks in Samples.ts. ${said}`)
        }
      }
    }))

  it.effect("a stranger learns nothing of a booking, not even whether there is one, and cannot end it", () =>
    Effect.gen(function*() {
      const { samples, token, userId } = yield* owner
      const nowhere = { ...samples, pnr: "1000000001" }
      const named = operations.filter((operation) =>
        leastOf(operation) === "passenger" &&
        JSON.stringify(filled(operation, samples)).includes(String(samples["pnr"]))
      )
      assert.isAtLeast(named.length, 7)
      for (const operation of named) {
        const stranger = yield* tokenOf("passenger")
        const there = yield* makeCall(operation, samples, stranger)
        const absent = yield* makeCall(operation, nowhere, stranger)
        const said = `${operation.door} ${operation.name}: ${there.text}`
        assert.strictEqual(there.refusal, "BookingNotFound", said)
        assert.strictEqual(there.text.replaceAll(String(samples["pnr"]), "1000000001"), absent.text, said)
      }
      const { body } = yield* call(`/api/bookings/${String(samples["pnr"])}`, { token })
      assert.deepInclude(body, { status: "CONFIRMED", userId })
    }))

  it.effect("no reading call of a stranger's shows anything of another person", () =>
    Effect.gen(function*() {
      const { samples, userId } = yield* owner
      const reading = operations.filter((operation) =>
        isOneOf(leastOf(operation), ["anybody", "passenger", "session"]) && operation.method !== "DELETE" &&
        !isOneOf(operation.name, ["Book", "POST /api/bookings"])
      )
      for (const operation of reading) {
        const stranger = yield* tokenOf("passenger")
        const { text } = yield* makeCall(operation, { ...samples, pnr: "1000000001", userId: "nobody" }, stranger)
        for (const secret of [userId, String(samples["pnr"]), "Quintessa"]) {
          assert.notInclude(text, secret, `${operation.door} ${operation.name}`)
        }
      }
    }))
})
