import { printableJson } from "@berth/domain/PrintableText"
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { exitStatus, exitStatusOf } from "./ExitStatus.ts"
import { line, span, wrap } from "./Line.ts"
import { say, Screen } from "./Screen.ts"

/** A failure as it is told. */
interface Report {
  readonly tag: string
  readonly message: string
  /** What to type next, where there is something. */
  readonly hint?: string
  readonly status: number
}

const hints: Readonly<Record<string, string>> = {
  Unauthorized: "berth login stores a token; BERTH_TOKEN gives one for a single call.",
  StationNotFound: "berth search NAME finds stations and their codes.",
  TrainNotFound: "berth trains FROM TO DATE finds trains.",
  ClassNotOnTrain: "berth availability TRAIN DATE shows the classes of a train.",
  QuotaNotOnTrain: "berth availability TRAIN DATE shows the quotas of each class.",
  BookingNotFound: "berth bookings lists yours."
}

/** What the server says in words of HTTP, in those of a shell. */
const messages: Readonly<Record<string, string>> = {
  Unauthorized: "This needs a token, and one that the server takes.",
  BookingNotFound: "You have no such booking."
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim()

const messageOf = (error: unknown): string => {
  const own = Predicate.hasProperty(error, "message") && Predicate.isString(error.message) ? error.message : ""
  const text = oneLine(own === "" ? String(error) : own)
  return /[.?!]$/.test(text) ? text : `${text}.`
}

/** What Effect says of wrong usage over several lines, as one sentence. */
const sentence = (text: string): string => {
  const [said = "", guesses] = text.split(/\s*Did you mean this\?\s*/)
  const end = guesses === undefined ? "." : `. Did you mean ${oneLine(guesses).replaceAll(" ", " or ")}?`
  return oneLine(said).replace(/[.?]?$/, end)
}

const ofUsage = (error: CliError.ShowHelp): Report => ({
  tag: "WrongUsage",
  message: error.errors.map((each) => sentence(each.message)).join(" "),
  hint: `${error.commandPath.join(" ")} --help shows how.`,
  status: error.errors.length === 0 ? exitStatus.done : exitStatus.usage
})

const ofError = (error: unknown): Report => {
  if (CliError.isCliError(error) && error._tag === "ShowHelp") return ofUsage(error)
  const tag = Predicate.hasProperty(error, "_tag") ? String(error._tag) : "Fault"
  const own = Predicate.hasProperty(error, "hint") && Predicate.isString(error.hint) ? error.hint : hints[tag]
  return {
    tag,
    message: messages[tag] ?? messageOf(error),
    ...(own === undefined ? {} : { hint: own }),
    status: exitStatusOf(error)
  }
}

const ofFault = (cause: Cause.Cause<unknown>): Report => ({
  tag: "Fault",
  message: `berth has a fault, and this is no fault of yours: ${messageOf(Cause.squash(cause))}`,
  hint: `Report it with what you typed and this:\n${Cause.pretty(cause)}`,
  status: exitStatus.fault
})

// Help was shown in place of a command, or nobody is left to read.
const isSilent = ({ message, status }: Report): boolean => message === "" || status === exitStatus.outputClosed

const reportOf = (cause: Cause.Cause<unknown>): Report => {
  const failure = cause.reasons.find(Cause.isFailReason)
  return failure === undefined ? ofFault(cause) : ofError(failure.error)
}

/** One JSON document, as all that programs read is. */
const sayJson = ({ hint, message, status, tag }: Report) =>
  Effect.flatMap(Screen, ({ aside }) =>
    aside.write(`${
      printableJson(JSON.stringify({
        error: { _tag: tag, message, ...(hint === undefined ? {} : { hint }), exitStatus: status }
      }))
    }\n`))

const sayText = ({ hint, message }: Report) =>
  Effect.gen(function*() {
    const { aside } = yield* Screen
    const title = "berth: "
    const [first = "", ...rest] = wrap(title + message, aside.width())
    yield* say(line(span(title, "red"), first.slice(title.length)))
    const advice = hint === undefined ? [] : hint.split("\n").flatMap((part) => wrap(part, aside.width()))
    for (const text of [...rest, ...advice]) yield* say(line(text))
  })

/** Tells of a failure on standard error and gives the exit status that goes with it. */
export const tell = Effect.fnUntraced(function*(cause: Cause.Cause<unknown>, json: boolean) {
  const report = reportOf(cause)
  if (!isSilent(report)) yield* Effect.ignore(json ? sayJson(report) : sayText(report))
  return report.status
})
