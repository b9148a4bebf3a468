import type { FlagDoc, HelpDoc } from "effect/cli/HelpDoc"
import * as Option from "effect/Option"
import { exitStatusMeanings } from "./ExitStatus.ts"
import { type Line, line, padTo, span, widthOf, wrap } from "./Line.ts"

/** Widest that help is set, for the eye's sake. */
const widthMax = 100

/** Widest that the left column gets; what is longer stands on a line of its own. */
const leftMax = 26

const indent = "  "

const environment: ReadonlyArray<readonly [name: string, meaning: string]> = [
  ["BERTH_URL", "server to ask, unless --server names one"],
  ["BERTH_TOKEN", "token to send, in place of a stored one"],
  ["BERTH_DATA_DIR", "data folder of an instance on this machine; .berth unless given"],
  ["XDG_CONFIG_HOME", "holds berth/config.json, written by berth login; ~/.config unless given"],
  ["NO_COLOR", "no colours, whatever it is set to"]
]

const heading = (title: string): Line => line(span(title, "bold"))

const paragraph = (text: string, width: number): ReadonlyArray<Line> =>
  text.split("\n").flatMap((part) => wrap(part, width - indent.length).map((words) => line(indent, words)))

/** Names on the left, meanings on the right, wrapped. */
const pairs = (rows: ReadonlyArray<readonly [left: Line, right: string]>, width: number): ReadonlyArray<Line> => {
  const widest = Math.max(...rows.map(([left]) => widthOf(left)))
  const column = Math.min(widest, leftMax, Math.floor(width / 2)) + 2
  return rows.flatMap(([left, right]) => {
    const words = wrap(right, Math.max(1, width - indent.length - column))
    const rest = words.map((text) => line(indent, " ".repeat(column), text))
    if (widthOf(left) >= column) return [line(indent, ...left), ...rest]
    return [line(indent, ...padTo(left, column), words[0] ?? ""), ...rest.slice(1)]
  })
}

const flagRow = (flag: FlagDoc): readonly [Line, string] => {
  const names = [`--${flag.name}`, ...flag.aliases].join(", ")
  const value = flag.type === "boolean" ? "" : ` ${flag.type}`
  const needed = flag.required ? " (needed)" : ""
  return [line(span(names, "green"), span(value, "dim")), Option.getOrElse(flag.description, () => "") + needed]
}

const section = (title: string, body: ReadonlyArray<Line>): ReadonlyArray<Line> =>
  body.length === 0 ? [] : [[], heading(title), ...body]

const named = (rows: ReadonlyArray<readonly [string, string]>, width: number) =>
  pairs(rows.map(([name, meaning]) => [line(span(name, "green")), meaning]), width)

const whenRoot = (doc: HelpDoc, width: number): ReadonlyArray<Line> =>
  doc.subcommands === undefined || doc.subcommands.length === 0
    ? []
    : [
      ...section("Environment", named(environment, width)),
      ...section("Exit status", named(exitStatusMeanings.map(([status, meaning]) => [String(status), meaning]), width)),
      [],
      ...wrap("berth COMMAND --help says more of a command, with examples.", width).map((text) => line(text))
    ]

/** Help of a command, each line at most `columns` wide. */
export const helpText = (doc: HelpDoc, columns: number): ReadonlyArray<Line> => {
  const width = Math.min(columns, widthMax)
  const commands = (doc.subcommands ?? []).flatMap((group) => group.commands)
  const examples = (doc.examples ?? []).map(({ command }) => line(indent, span(command, "cyan")))
  const args = (doc.args ?? []).map((arg): readonly [Line, string] => [
    line(span(arg.name, "green")),
    Option.getOrElse(arg.description, () => "") + (arg.required ? "" : " (may be left out)")
  ])
  const flags = [...doc.flags, ...(doc.inheritedFlags ?? [])].map(flagRow)
  const general = (doc.globalFlags ?? []).map(flagRow)
  return [
    ...paragraph(doc.description, width + indent.length).map(([, ...rest]) => rest),
    ...section("Usage", paragraph(doc.usage, width)),
    ...section(
      "Commands",
      commands.length === 0 ? [] : pairs(
        commands.map(({ description, name, shortDescription }) => [
          line(span(name, "green")),
          shortDescription ?? description
        ]),
        width
      )
    ),
    ...section("Arguments", args.length === 0 ? [] : pairs(args, width)),
    ...section("Flags", pairs([...flags, ...general], width)),
    ...section("Examples", examples),
    ...whenRoot(doc, width)
  ]
}
