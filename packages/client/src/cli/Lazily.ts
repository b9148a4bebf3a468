import * as Effect from "effect/Effect"

/** Loads a command's doing when it is asked for, so that help and mistyped commands answer at once. */
export const lazily = <M, A, E, R>(
  load: () => Promise<M>,
  run: (module: M) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => Effect.flatMap(Effect.promise(load), run)
