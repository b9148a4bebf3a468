import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import { book, bookings, cancel, events, login, show } from "./BookingCommands.ts"
import { Invocation } from "./Invocation.ts"
import { lazily } from "./Lazily.ts"
import { availability, search, seats, trains, watch } from "./TimetableCommands.ts"

// Completions are made from the tree that they are a part of.
const wholeTree = (): Command.Command.Any => commandTree

const completions = Command.make(
  "completions",
  {
    shell: Argument.Literals("shell", ["bash", "zsh", "fish"]).pipe(
      Argument.withDescription("Shell to complete in: bash, zsh or fish")
    )
  },
  (input) => lazily(() => import("./actions/Completions.ts"), (action) => action.run({ ...input, tree: wholeTree() }))
).pipe(
  Command.withDescription("Prints what makes a shell complete berth's commands and flags."),
  Command.withExamples([
    { command: "source <(berth completions bash)" },
    { command: "berth completions zsh > \"${fpath[1]}/_berth\"" },
    { command: "berth completions fish > ~/.config/fish/completions/berth.fish" }
  ])
)

/** All that can be typed. */
export const commandTree = Invocation.pipe(
  Command.withDescription("Berth on the command line: find trains, see what is free, book and cancel."),
  Command.withSubcommands([
    search,
    trains,
    availability,
    seats,
    watch,
    book,
    show,
    events,
    bookings,
    cancel,
    login,
    completions
  ]),
  Command.withExamples([
    { command: "berth trains HWH GHY tomorrow" },
    { command: "berth seats 12345 tomorrow --class SL --coach S1" },
    { command: "berth book 12345 tomorrow --class SL --passenger \"Asha Rao,34,LB\"" }
  ])
)
