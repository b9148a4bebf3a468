import { Config, Effect, Layer, Logger, References } from "effect"

/** Logs as lines for people on a terminal, else as JSON for programs; from `LOG_LEVEL` (Info) up. */
export const layer = Layer.unwrap(Effect.gen(function*() {
  const level = yield* Config.LogLevel("LOG_LEVEL").pipe(Config.withDefault("Info"))
  return Layer.merge(
    Logger.layer([process.stdout.isTTY ? Logger.consolePretty() : Logger.consoleJson]),
    Layer.succeed(References.MinimumLogLevel, level)
  )
}))
