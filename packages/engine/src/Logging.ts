import { Config, Effect, Layer, Logger, References } from "effect"

/**
 * Logs as lines for people on a terminal, else as an object of JSON a line for programs; `LOG_FORMAT` (`text`, `json`) says
 * otherwise. From `LOG_LEVEL` (Info) up. Lines of a request carry its id, and none carries anything personal.
 */
export const layer = Layer.unwrap(Effect.gen(function*() {
  const level = yield* Config.LogLevel("LOG_LEVEL").pipe(Config.withDefault("Info"))
  const format = yield* Config.Literals(["text", "json"], "LOG_FORMAT").pipe(
    Config.withDefault(process.stdout.isTTY ? "text" : "json")
  )
  return Layer.merge(
    Logger.layer([format === "text" ? Logger.consolePretty() : Logger.consoleJson]),
    Layer.succeed(References.MinimumLogLevel, level)
  )
}))
