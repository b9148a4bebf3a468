import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { WriteStream } from "node:tty"
import { exitStatus } from "./ExitStatus.ts"
import { type Line, toText } from "./Line.ts"

/** Narrower terminals are written to as if they were so wide. */
export const widthMin = 20

/** Whoever read the output has gone, as `head` does. */
export class OutputClosed extends Schema.TaggedError<OutputClosed>()("OutputClosed", {}) {
  readonly exitStatus = exitStatus.outputClosed
  override get message(): string {
    return "The reader of the output has gone."
  }
}

/** Where text goes, and what it can show. */
export interface Surface {
  readonly isTerminal: boolean
  readonly colours: boolean
  /** Columns now; without end where nobody says. */
  readonly width: () => number
  /** Lines now; without end where it is no terminal. */
  readonly height: () => number
  readonly write: (text: string) => Effect.Effect<void, OutputClosed>
}

const optional = (name: string) =>
  Effect.map(Effect.orDie(Config.option(Config.String(name))), (value) => Option.getOrElse(value, () => ""))

const surface = Effect.fnUntraced(function*(stream: WriteStream) {
  const isTerminal = stream.isTTY === true
  const plain = (yield* optional("NO_COLOR")) !== "" || (yield* optional("TERM")) === "dumb"
  const columns = Number(yield* optional("COLUMNS"))
  const given = Number.isInteger(columns) && columns > 0 ? columns : Infinity
  // A write that fails is told of by its callback; without a listener it would end the process as well.
  stream.on("error", () => {})
  const of: Surface = {
    isTerminal,
    colours: isTerminal && !plain,
    width: () => Math.max(widthMin, isTerminal && stream.columns > 0 ? stream.columns : given),
    height: () => isTerminal && stream.rows > 0 ? stream.rows : Infinity,
    write: (text) =>
      Effect.callback((resume) => {
        stream.write(
          text,
          (error) => resume(error === undefined || error === null ? Effect.void : Effect.fail(new OutputClosed()))
        )
      })
  }
  return of
})

/** What the command line is read on: results go to `out`, whatever else there is to say to `aside`. */
export class Screen extends Context.Service<Screen, {
  readonly out: Surface
  readonly aside: Surface
}>()("@berth/client/cli/Screen") {
  static readonly layer = Layer.effect(
    Screen,
    Effect.gen(function*() {
      return Screen.of({ out: yield* surface(process.stdout), aside: yield* surface(process.stderr) })
    })
  )
}

const writeLines = (to: Surface, lines: ReadonlyArray<Line>) =>
  to.write(lines.map((each) => `${toText(each, to.colours)}\n`).join(""))

/** Writes a result; `draw` is told how many columns there are. */
export const print = (draw: (width: number) => ReadonlyArray<Line>) =>
  Effect.flatMap(Screen, ({ out }) => writeLines(out, draw(out.width())))

/** Writes one line beside the result. */
export const say = (what: Line) => Effect.flatMap(Screen, ({ aside }) => writeLines(aside, [what]))
