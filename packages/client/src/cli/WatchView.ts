import { DateTime, Effect } from "effect"
import { line, toText } from "./Line.ts"
import { type OutputClosed, Screen, type Surface } from "./Screen.ts"
import { type Pool, type Sight, watchFrame } from "./WatchFrame.ts"

/** How a watch is shown: `sight` takes each state, `lost` is told why the next one is late. */
export interface View {
  readonly sight: (sight: Sight, before: ReadonlyArray<Pool>) => Effect.Effect<void, OutputClosed>
  readonly lost: (sight: Sight) => Effect.Effect<void, OutputClosed>
}

const showCursor = "\x1b[?25h"
const hideCursor = "\x1b[?25l"

/** Draws over the last frame. */
const paintedView = Effect.fnUntraced(function*(out: Surface) {
  yield* Effect.acquireRelease(
    out.write(hideCursor),
    // A terminal shows ^C where the cursor stands.
    () => Effect.ignore(out.write(`\r\x1b[2K${showCursor}`))
  )
  let drawn = 0
  const paint = (sight: Sight) =>
    Effect.suspend(() => {
      const lines = watchFrame(sight, out.width(), out.height())
      const up = drawn === 0 ? "" : `\x1b[${drawn}A`
      drawn = lines.length
      return out.write(`${up}\r${lines.map((each) => `\x1b[2K${toText(each, out.colours)}\n`).join("")}\x1b[0J`)
    })
  const view: View = { sight: paint, lost: paint }
  return view
})

/** A line for each class and quota that has changed. */
const lineView = (screen: Screen["Service"]): View => ({
  sight: ({ clock, pools }, before) => {
    const changed = pools.filter((pool) =>
      before.find(({ quota, travelClass }) => quota === pool.quota && travelClass === pool.travelClass)?.free !==
        pool.free
    )
    return screen.out.write(
      changed.map(({ free, quota, total, travelClass }) =>
        `${clock} ${travelClass} ${quota} ${free} of ${total} free\n`
      )
        .join("")
    )
  },
  lost: ({ clock, lost }) =>
    screen.aside.write(`${toText(line(`no answer since ${clock}, trying again: ${lost}`), screen.aside.colours)}\n`)
})

/** The time of day on this machine's clock: `22:41:07`. */
export const clockNow = Effect.map(
  DateTime.now,
  (now) => DateTime.formatLocal(now, { locale: "en-GB", hour: "2-digit", minute: "2-digit", second: "2-digit" })
)

/** In place on a terminal, line by line elsewhere. */
export const makeView = Effect.flatMap(
  Screen,
  (screen) => screen.out.isTerminal ? paintedView(screen.out) : Effect.succeed(lineView(screen))
)
