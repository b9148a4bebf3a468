import { Effect } from "effect"
import { type Command, Completions } from "effect/cli"
import type { CompletionScript } from "../Documents.ts"
import { Invocation } from "../Invocation.ts"
import { Screen } from "../Screen.ts"

/** A script is written as it is: lines that were fitted to a terminal would not run. */
export const run = Effect.fnUntraced(function*({ shell, tree }: {
  readonly shell: "bash" | "zsh" | "fish"
  readonly tree: Command.Command.Any
}) {
  // Effect's script says how to install it by a flag that this command line has as a command.
  const script = Completions.generate("berth", shell, Completions.fromCommand(tree))
    .replace("berth --completions", "berth completions")
  const { json } = yield* Invocation
  const { out } = yield* Screen
  const document: typeof CompletionScript.Type = { shell, script }
  yield* out.write(`${json ? JSON.stringify(document) : script}\n`)
})
