import { printable, printableJson } from "@berth/domain/PrintableText"
import { Config, Effect, Layer, Logger, References } from "effect"

const said = (value: unknown): string => printable(typeof value === "string" ? value : `${JSON.stringify(value)}`)

/** Indented, so that no line within it passes for a line of the log. */
const indented = (text: string): ReadonlyArray<string> => text.split("\n").map((line) => `  ${printable(line)}`)

const text = Logger.map(Logger.formatStructured, ({ annotations, cause, level, message, timestamp }) =>
  [
    `${timestamp} ${level} ${[message].flat().map(said).join(" ")}`,
    ...(cause === undefined ? [] : indented(cause)),
    ...Object.entries(annotations).map(([name, value]) => `  ${printable(name)}: ${said(value)}`)
  ].join("\n"))

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
