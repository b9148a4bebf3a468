import * as CliOutput from "effect/cli/CliOutput"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { helpText } from "./HelpText.ts"
import { line } from "./Line.ts"
import { print, type Screen } from "./Screen.ts"

/** Shows help and the version as Effect's command line asks for them; what was typed wrong is told as other failures are. */
export const layer = Layer.effect(
  CliOutput.Presenter,
  Effect.map(Effect.context<Screen>(), (context) => ({
    present: (event) => {
      const shown = event._tag === "Help"
        ? print((width) => helpText(event.helpDoc, width))
        : event._tag === "Version"
        ? print(() => [line(`${event.name} ${event.version}`)])
        : Effect.void
      // A reader who has left has seen enough of the help.
      return Effect.ignore(Effect.provideContext(shown, context))
    }
  }))
)
