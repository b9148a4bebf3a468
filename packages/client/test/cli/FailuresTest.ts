import { assert, type Vitest } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import type { RunningBerth } from "../RunningBerth.ts"
import { callBerth, type CallOptions, runBerth } from "./CommandLine.ts"
import { berth, bookArgs, callsMillisMax, failureOf, Traveller } from "./Traveller.ts"

/** What whoever runs it is told where something went wrong. */
export const suite = (it: Vitest.MethodsNonLive<RunningBerth | Traveller>): void => {
  it.effect(
    "ends with a status for each kind of failure, and one sentence instead of a stack",
    () =>
      Effect.gen(function*() {
        const { env: own, home } = yield* Traveller
        const calls: ReadonlyArray<readonly [status: number, args: ReadonlyArray<string>, env?: CallOptions["env"]]> = [
          [2, ["sell"]],
          [2, ["seats", "12345", "today", "--class", "4A"]],
          [2, ["trains", "HWH", "GHY", "someday"]],
          [2, ["trains", "a", "GHY", "today"]],
          [2, bookArgs("Asha")],
          [3, ["availability", "00000", "+25"]],
          [3, ["show", "9999999999"]],
          [4, ["availability", "12345", "2020-01-01"]],
          [4, ["availability", "12345", "+25", "--class", "CC"]],
          [5, ["bookings"], { BERTH_TOKEN: "berth_forged" }],
          [6, ["search", "x"], { BERTH_URL: "http://127.0.0.1:9" }],
          [2, ["bookings"], {
            BERTH_URL: "",
            XDG_CONFIG_HOME: join(home, "none"),
            BERTH_DATA_DIR: join(home, "none")
          }]
        ]
        for (const [index, [expected, args, env = {}]] of calls.entries()) {
          // A process ends with what the call comes to, so a few of them show it for all.
          const run = index % 5 === 0 ? runBerth : callBerth
          const { status, stderr, stdout } = yield* run(home, args, { env: { ...own, ...env } })
          assert.strictEqual(status, expected, `${args.join(" ")}: ${stderr}`)
          assert.strictEqual(stdout, "")
          assert.match(stderr, /^berth: .+\.\n|\nberth: .+\.\n/)
          assert.notMatch(stderr, /^ +at /m)
        }
      }),
    callsMillisMax
  )

  it.effect("speaks of commands and tokens, not of paths and headers", () =>
    Effect.gen(function*() {
      const misspelt = yield* berth(["bookin"])
      assert.include(misspelt.stderr, "Did you mean book or bookings?")
      const refused = yield* berth(["bookings"], { env: { BERTH_TOKEN: "berth_forged" } })
      const unknown = yield* berth(["show", "9999999999"])
      assert.include(refused.stderr, "berth login")
      assert.notMatch(refused.stderr + unknown.stderr, /\/api\/|header/i)
    }), callsMillisMax)

  it.effect("tells programs of a failure in one document", () =>
    Effect.gen(function*() {
      const { stderr, stdout } = yield* berth(["availability", "00000", "2026-12-05", "--json"])
      assert.strictEqual(stdout, "")
      const { error } = yield* failureOf(stderr)
      assert.strictEqual(error._tag, "TrainNotFound")
      assert.strictEqual(error.exitStatus, 3)
    }), callsMillisMax)
}
