import { assert, type Vitest } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { Consumer } from "./Consumer.ts"
import { RunningBerth } from "./RunningBerth.ts"

/** Each test starts compilers and programs, beside all other tests. */
const testMillisMax = 120_000

const environment = Effect.map(RunningBerth, ({ url, user }) => ({
  BERTH_URL: url,
  BERTH_TOKEN: Redacted.value(user)
}))

/** What the packages owe a program that knows of them only what their READMEs say. */
export const suite = (berthIt: Vitest.MethodsNonLive<RunningBerth>) =>
  berthIt.layer(Consumer.layer, { timeout: testMillisMax })("a project with the packages from npm", (it) => {
    it.effect(
      "type-checks under the strictest flags",
      () => Effect.flatMap(Consumer, ({ check }) => check),
      testMillisMax
    )

    it.effect("books by remote calls, and over HTTP by the change of one word", () =>
      Effect.gen(function*() {
        const { run } = yield* Consumer
        const env = yield* environment
        const answers = yield* Effect.all([
          run("book", env),
          run("book", env, (source) => source.replace("layerRpc", "layerHttp"))
        ], { concurrency: 2 })
        for (const answer of answers) assert.match(answer, /^\d{10} CONFIRMED S\d+-\d+ S\d+-\d+\n$/)
        assert.notStrictEqual(answers[0], answers[1])
      }), testMillisMax)

    it.effect("books once for a key of its own, however often it is started", () =>
      Effect.gen(function*() {
        const { run } = yield* Consumer
        const env = yield* environment
        const [first, second] = yield* Effect.all([run("order", env), run("order", env)], { concurrency: 2 })
        assert.match(first, /^\d{10} CONFIRMED\n$/)
        assert.strictEqual(second, first)
      }), testMillisMax)

    it.effect("watches, reads the timetable and checks a request as the READMEs say", () =>
      Effect.gen(function*() {
        const { run } = yield* Consumer
        const env = yield* environment
        const [watched, stations, checked] = yield* Effect.all([
          run("watch", env),
          run("trains", env),
          run("request", {})
        ], { concurrency: 2 })
        assert.strictEqual(watched, "There is a lower berth.\n")
        assert.match(stations, /^HWH Howrah/m)
        assert.match(checked, /\["passengers"\]\[0\]\["age"\]\nS3-21 MB\n$/)
      }), testMillisMax)
  })
