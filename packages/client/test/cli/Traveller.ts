import { assert } from "@effect/vitest"
import { Context, Effect, Layer, Redacted, Schema } from "effect"
import { Failure } from "../../src/cli/Documents.ts"
import { RunningBerth } from "../RunningBerth.ts"
import { callBerth, type CallOptions, temporaryHome } from "./CommandLine.ts"

/** Somebody with a home of their own, who runs berth against the server. */
export class Traveller extends Context.Service<Traveller, {
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  readonly url: string
  readonly token: string
}>()("@berth/client/test/cli/Traveller") {
  static readonly layer = Layer.effect(
    Traveller,
    Effect.gen(function*() {
      const { tokenOf, url } = yield* RunningBerth
      const token = Redacted.value(yield* tokenOf("traveller"))
      return Traveller.of({ home: yield* temporaryHome, url, token, env: { BERTH_URL: url, BERTH_TOKEN: token } })
    })
  )
}

export const berth = (args: ReadonlyArray<string>, options: CallOptions = {}) =>
  Effect.flatMap(Traveller, ({ env, home }) => callBerth(home, args, { ...options, env: { ...env, ...options.env } }))

/** What a call that has to work prints. */
export const done = Effect.fnUntraced(function*(args: ReadonlyArray<string>, options: CallOptions = {}) {
  const { status, stderr, stdout } = yield* berth(args, options)
  assert.strictEqual(status, 0, stderr)
  return stdout
})

export const json = <S extends Schema.Codec<unknown, unknown>>(
  schema: S,
  args: ReadonlyArray<string>,
  options: CallOptions = {}
) => Effect.flatMap(done([...args, "--json"], options), Schema.decodeEffect(Schema.fromJsonString(schema)))

export const failureOf = (stderr: string) =>
  Schema.decodeEffect(Schema.fromJsonString(Failure))(stderr.trimEnd().split("\n").at(-1) ?? "")

/** Some calls are processes of their own, and a busy machine may need seconds for one. */
export const callsMillisMax = 120_000

const slots = (passengers: ReadonlyArray<string>) => passengers.flatMap((each) => ["--passenger", each])
export const bookArgs = (
  ...passengers: ReadonlyArray<string>
) => ["book", "12345", "+25", "--class", "SL", "--from", "HWH", "--to", "new jalpaiguri", ...slots(passengers)]
