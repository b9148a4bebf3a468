import { Duration, Effect } from "effect"
import { line, span, toText } from "./Line.ts"
import { Screen } from "./Screen.ts"

/** What takes no longer than this needs no word. */
const patienceMillis = 1_000
const frameMillis = 120
const frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"

const eraseLine = "\r\x1b[2K"

/** Says on standard error what is waited for, once it has taken a second, where somebody looks on. */
export const withProgress = (what: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const { aside } = yield* Screen
    if (!aside.isTerminal) return yield* effect
    let shown = false
    const spin = Effect.gen(function*() {
      yield* Effect.sleep(Duration.millis(patienceMillis))
      for (let frame = 0;; frame++) {
        const text = line(span(frames[frame % frames.length] ?? "", "cyan"), ` ${what}…`)
        shown = true
        yield* aside.write(eraseLine + toText(text, aside.colours))
        yield* Effect.sleep(Duration.millis(frameMillis))
      }
    })
    const erase = Effect.suspend(() => shown ? Effect.ignore(aside.write(eraseLine)) : Effect.void)
    yield* Effect.forkScoped(Effect.ignore(spin))
    return yield* effect.pipe(Effect.onExit(() => erase))
  }).pipe(Effect.scoped)
