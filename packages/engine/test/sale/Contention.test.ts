import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Result } from "effect"
import { Audit } from "../../src/seeding/Audit.ts"
import { engine, openTrain, sleepers } from "../TestEngine.ts"
import { book, free } from "./Sales.ts"

const clients = 200
const legs = 4

layer(Audit.layer.pipe(Layer.provideMerge(engine)), { excludeTestServices: true, timeout: "60 seconds" })(
  "two hundred clients at once",
  (it) => {
    it.effect("buy a train to the last berth: each leg of each once, and none is left that somebody was refused", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: legs + 1, pools: sleepers({ LB: 8, MB: 8, UB: 8 }) })
        const journeys = Array.from({ length: clients }, (_, n) => {
          const from = n % legs
          return { passengers: 1, legs: [from, Math.min(legs, from + 1 + n % 3)] as const }
        })
        const answers = yield* Effect.forEach(
          journeys,
          (journey) => Effect.result(book(run, { ...journey, conditions: { onlyIfConfirmed: true } })),
          { concurrency: "unbounded" }
        )
        const sold = answers.flatMap((answer, n) =>
          Result.isSuccess(answer)
            ? answer.success.booking.passengers.map(({ seat }) => ({ seat, legs: journeys[n]?.legs ?? [0, 0] }))
            : []
        )
        const berthLegs = sold.flatMap(({ legs: [from, to], seat }) =>
          Array.from({ length: to - from }, (_, leg) => `${seat} on leg ${from + leg}`)
        )
        assert.strictEqual(new Set(berthLegs).size, berthLegs.length)
        for (const [n, answer] of answers.entries()) {
          if (Result.isFailure(answer)) {
            assert.strictEqual(answer.failure._tag, "SoldOut")
            assert.strictEqual(yield* free(run, journeys[n]?.legs), 0)
          }
        }
        assert.isAbove(answers.length - sold.length, 0)
        assert.deepStrictEqual((yield* (yield* Audit).auditRuns([run.id])).differences, [])
      }))
  }
)
