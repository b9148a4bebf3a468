/**
 * `npm run simulate -- --seeds N --seed S`: plays the sale in one process, with model stores and a fake clock, as many
 * interleavings as asked for. A seed that breaks a promise is printed step by step, and replays exactly.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Option, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { guards } from "../packages/engine/test/simulation/Guards.ts"
import { simulate } from "../packages/engine/test/simulation/Simulation.ts"

class PromiseBroken extends Schema.TaggedError<PromiseBroken>()("PromiseBroken", {
  seed: Schema.Int,
  flags: Schema.String,
  what: Schema.String
}) {
  override get message(): string {
    return `Seed ${this.seed}: ${this.what}\nReplay it with: npm run simulate -- --seed ${this.seed} --seeds 1${this.flags}`
  }
}

const simulateCommand = Command.make(
  "npm run simulate --",
  {
    seed: Flag.Int("seed").pipe(Flag.withDefault(1), Flag.withDescription("The first seed.")),
    seeds: Flag.Int("seeds").pipe(Flag.withDefault(10_000), Flag.withDescription("How many seeds are played.")),
    without: Flag.Literals("without", guards).pipe(
      Flag.atLeast(0),
      Flag.withDescription("Takes a guard out of the models, to see what it is for.")
    ),
    slow: Flag.String("slow").pipe(
      Flag.optional,
      Flag.withDescription("Lets calls whose name begins so be long on their way, in every seed.")
    ),
    trace: Flag.Boolean("trace").pipe(
      Flag.withDefault(false),
      Flag.withDescription("Prints what happens in the first seed.")
    )
  },
  Effect.fnUntraced(function*({ seed: first, seeds, slow, trace, without: off }) {
    const options = { off, ...Option.isSome(slow) ? { slow: slow.value } : {} }
    if (trace) {
      yield* Console.log(simulate(first, { ...options, traced: true }).trace.join("\n"))
    }
    let bookings = 0
    let steps = 0
    for (let seed = first; seed < first + seeds; seed++) {
      const outcome = simulate(seed, options)
      bookings += outcome.bookings
      steps += outcome.steps
      if (outcome.violation !== undefined) {
        yield* Console.log(simulate(seed, { ...options, traced: true }).trace.join("\n"))
        return yield* new PromiseBroken({
          seed,
          flags: [
            ...off.map((guard) => ` --without "${guard}"`),
            ...Option.isSome(slow) ? [` --slow ${slow.value}`] : []
          ].join(""),
          what: outcome.violation.message
        })
      }
    }
    yield* Console.log(`${seeds} seeds from ${first}: ${steps} steps, ${bookings} bookings, every promise kept`)
  })
).pipe(Command.withDescription(
  "Plays interleavings of bookings, cancellations, promotions, sweeps, edits, rebuilds and crashes on model stores."
))

Command.run(simulateCommand, { version: "0.1.0" }).pipe(
  Effect.tapError((error) => Console.error(error.message)),
  Effect.provide(NodeServices.layer),
  (program) => NodeRuntime.runMain(program, { disableErrorReporting: true })
)
