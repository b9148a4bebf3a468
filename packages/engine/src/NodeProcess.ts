import * as NodeRuntime from "@effect/platform-node-shared/NodeRuntime"
import { Cause, Console, Effect, Exit, Runtime } from "effect"

/** An error's own words, or those of its cause: a port that is taken has no others. */
const sentenceOf = (error: unknown): string =>
  error instanceof Error ? error.message || sentenceOf(error.cause) : String(error)

/** What a person who started the program should read: the sentence of an error, the whole story of a defect. */
const report = <E>(cause: Cause.Cause<E>) => {
  const sentences = cause.reasons.filter(Cause.isFailReason).map(({ error }) => sentenceOf(error))
  return Console.error(sentences.length > 0 ? sentences.join("\n") : Cause.pretty(cause))
}

/** Runs a program to its end or to a signal; being told to stop is not a failure. */
export const runMain = <A, E>(program: Effect.Effect<A, E>): void =>
  program.pipe(
    Effect.tapCause((cause) => Cause.hasInterruptsOnly(cause) ? Effect.void : report(cause)),
    NodeRuntime.runMain({
      disableErrorReporting: true,
      teardown: (exit, onExit) =>
        Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) ? onExit(0) : Runtime.defaultTeardown(exit, onExit)
    })
  )
