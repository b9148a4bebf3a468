import { printable, printableJson } from "@berth/domain/PrintableText"
import { Config, Effect, Layer, Logger, References } from "effect"

const said = (value: unknown): string => typeof value === "string" ? value : `${JSON.stringify(value)}`

// What goes on over several lines is indented, so that none of them passes for another line of the log.
const text = Logger.map(Logger.formatStructured, ({ annotations, cause, level, message, timestamp }) =>
  [
    `${timestamp} ${level} ${[message].flat().map(said).join(" ")}`,
    ...(cause === undefined ? [] : [cause]),
    ...Object.entries(annotations).map(([name, value]) => `${name}: ${said(value)}`)
  ].flatMap((part) => part.split("\n")).map(printable).join("\n  "))

const json = Logger.map(Logger.formatJson, printableJson)

/**
 * Logs as lines for people on a terminal, else as an object of JSON a line for programs; `LOG_FORMAT` (`text`, `json`) says
 * otherwise. From `LOG_LEVEL` (Info) up. Lines of a request carry its id, and none carries anything personal. Nothing in
 * them acts on a terminal or passes for another line, whoever it is from.
 */
export const layer = Layer.unwrap(Effect.gen(function*() {
  const level = yield* Config.LogLevel("LOG_LEVEL").pipe(Config.withDefault("Info"))
  const format = yield* Config.Literals(["text", "json"], "LOG_FORMAT").pipe(
    Config.withDefault(process.stdout.isTTY ? "text" : "json")
  )
  return Layer.merge(
    Logger.layer([Logger.withConsoleLog(format === "text" ? text : json)]),
    Layer.succeed(References.MinimumLogLevel, level)
  )
}))
