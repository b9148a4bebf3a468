import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Failure } from "../../src/cli/Documents.ts"
import { callBerth, temporaryHome } from "./CommandLine.ts"
import { answerJson, otherServer } from "./OtherServer.ts"
import { actsOnTerminal } from "./TerminalText.ts"

const bookArgs = ["book", "12345", "2026-12-05", "--class", "SL", "--passenger", "Asha Rao,34", "--json"]

const failureOf = (stderr: string) => Schema.decodeEffect(Schema.fromJsonString(Failure))(stderr)

/** Several attempts with pauses. */
const millisMax = 60_000

describe("berth", () => {
  it.live("shows what would act on a terminal, wherever it comes from", () =>
    Effect.gen(function*() {
      const { url } = yield* otherServer((_, response) =>
        answerJson(response, { stations: [{ code: "HWH", name: "\x1b[2J\x1b]0;owned\x07Howrah\u202e" }] })
      )
      const { status, stdout } = yield* callBerth(yield* temporaryHome, ["search", "x", "--server", url])
      assert.strictEqual(status, 0)
      for (const line of stdout.trimEnd().split("\n")) assert.notMatch(line, actsOnTerminal)
      assert.include(stdout, "\\x1b[2J")
    }).pipe(Effect.scoped), millisMax)

  it.live("says of a server of another version that it is one", () =>
    Effect.gen(function*() {
      const { arrivals, url } = yield* otherServer((_, response) => answerJson(response, { platforms: [] }))
      const { status, stderr } = yield* callBerth(yield* temporaryHome, ["search", "x", "--server", url])
      assert.strictEqual(status, 7)
      assert.match(stderr, /client and server are of the same version\.\n$/)
      assert.strictEqual(arrivals.length, 1)
    }).pipe(Effect.scoped), millisMax)

  it.live("takes answers that know more than it does", () =>
    Effect.gen(function*() {
      const stations = [{ code: "HWH", name: "Howrah Junction", platforms: 23 }]
      const { url } = yield* otherServer((_, response) => answerJson(response, { stations, more: true }))
      const { stdout } = yield* callBerth(yield* temporaryHome, ["search", "x", "--server", url, "--json"])
      assert.strictEqual(stdout, "{\"stations\":[{\"code\":\"HWH\",\"name\":\"Howrah Junction\"}]}\n")
    }).pipe(Effect.scoped), millisMax)

  it.live(
    "repeats a booking whose answer is lost under one key, and hands the key on in the end",
    () =>
      Effect.gen(function*() {
        const { arrivals, url } = yield* otherServer((request) => request.socket.destroy())
        const { status, stderr } = yield* callBerth(yield* temporaryHome, [...bookArgs, "--server", url])
        assert.strictEqual(status, 6)
        assert.isAbove(arrivals.length, 1)
        const keys = new Set(arrivals.map(({ headers }) => headers["idempotency-key"]))
        assert.strictEqual(keys.size, 1)
        const [key] = keys
        assert.include((yield* failureOf(stderr)).error.hint, `--idempotency-key ${String(key)}`)
      }).pipe(Effect.scoped),
    millisMax
  )

  it.live("sends a stored token to no other server", () =>
    Effect.gen(function*() {
      const home = yield* temporaryHome
      const mine = yield* otherServer((_, response) => answerJson(response, { bookings: [] }))
      const theirs = yield* otherServer((_, response) => answerJson(response, { bookings: [] }))
      yield* callBerth(home, ["login", "--server", mine.url], { stdin: "berth_secret" })
      yield* callBerth(home, ["bookings"])
      yield* callBerth(home, ["bookings", "--server", theirs.url])
      const sent = (to: typeof mine) => to.arrivals.map(({ headers }) => headers.authorization)
      assert.deepStrictEqual(sent(mine), ["Bearer berth_secret", "Bearer berth_secret"])
      assert.deepStrictEqual(sent(theirs), [undefined])
    }).pipe(Effect.scoped), millisMax)
})
