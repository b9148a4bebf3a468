import * as Command from "effect/cli/Command"
import { book, bookings, cancel, completions, login, show } from "./BookingCommands.ts"
import { Invocation } from "./Invocation.ts"
import { availability, search, seats, trains, watch } from "./TimetableCommands.ts"

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
