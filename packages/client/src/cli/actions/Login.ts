import { Effect, Option, Redacted, Stdio, Stream } from "effect"
import { Prompt } from "effect/cli"
import { NoToken, TokenRefused } from "../CliErrors.ts"
import * as ConfigFile from "../ConfigFile.ts"
import { destination } from "../Destination.ts"
import { answer, LoggedIn } from "../Documents.ts"
import { line, span } from "../Line.ts"
import { withProgress } from "../Progress.ts"
import { clientOf } from "../Session.ts"

/** Most pieces that are read of a standard input which was meant to be one line. */
const piecesMax = 64

const token = /^[\x21-\x7e]{1,512}$/

/** One line of standard input, or of a terminal that does not show it. */
const readToken = Effect.gen(function*() {
  const stdio = yield* Stdio.Stdio
  if (yield* stdio.stdinIsTerminal) return yield* Prompt.run(Prompt.Hidden({ message: "Token" }))
  const text = yield* stdio.stdin.pipe(
    Stream.take(piecesMax),
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runHead,
    Effect.orDie
  )
  return Redacted.make(Option.getOrElse(text, () => ""))
})

const trimmedToken = Effect.flatMap(readToken, (given) => {
  const text = Redacted.value(given).trim()
  return token.test(text) ? Effect.succeed(Redacted.make(text)) : Effect.fail(new NoToken())
})

/** Stores a token that the server takes, and the server for later commands. */
export const run = Effect.gen(function*() {
  const { url } = yield* destination
  const given = yield* trimmedToken
  const berth = yield* clientOf({ url, token: Option.some(given) })
  yield* withProgress("Trying the token out")(berth.bookings({})).pipe(
    Effect.catchTag("Unauthorized", () => Effect.fail(new TokenRefused({ server: url })))
  )
  const configFile = yield* ConfigFile.store(url, given)
  yield* answer(LoggedIn, { server: url, configFile }, () => [
    line("Logged in to ", span(url, "bold"), "."),
    line(span(`The token is kept in ${configFile}, readable by you alone.`, "dim"))
  ])
}).pipe(Effect.scoped)
