import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { from, neededClass, pnr, runDate, to, trainId } from "./JourneyParams.ts"
import { lazily } from "./Lazily.ts"

const condition = (name: string, what: string) =>
  Flag.Boolean(name).pipe(Flag.withDefault(false), Flag.withoutNegation, Flag.withDescription(what))

export const book = Command.make(
  "book",
  {
    trainId,
    date: runDate,
    travelClass: neededClass,
    passengers: Flag.String("passenger").pipe(
      Flag.withAlias("p"),
      Flag.withMetavar("NAME,AGE,…"),
      Flag.withDescription(
        "Name and age, then if wanted the berth (LB, MB, UB, SL, SU, WS, MS, AS) and M, F or T; once for each traveller"
      ),
      Flag.atLeast(1)
    ),
    quota: Flag.String("quota").pipe(
      Flag.withMetavar("QUOTA"),
      Flag.withDefault("GN"),
      Flag.withDescription("Quota to book from, such as GN, TQ or LD; GN unless given")
    ),
    from,
    to,
    onlyIfConfirmed: condition("only-if-confirmed", "Rather nothing than a place on the waitlist"),
    sameCoach: condition("same-coach", "Everybody in one coach, or nothing"),
    lowerBerthsMin: Flag.Int("lower-berths-min").pipe(
      Flag.withMetavar("N"),
      Flag.withDescription("At least so many lower berths, or nothing"),
      Flag.optional
    ),
    key: Flag.String("idempotency-key").pipe(
      Flag.withMetavar("KEY"),
      Flag.withDescription("Names this booking: the same key never books twice; a new one unless given"),
      Flag.optional
    )
  },
  (input) => lazily(() => import("./actions/Book.ts"), (action) => action.run(input))
).pipe(
  Command.withDescription(
    "Books berths for up to six passengers and prints the ticket. A call whose answer is lost is repeated without booking twice."
  ),
  Command.withShortDescription("Books berths and prints the ticket."),
  Command.withExamples([
    { command: "berth book 12345 tomorrow --class SL --passenger \"Asha Rao,34,LB\"" },
    {
      command: "berth book 12345 +3 --class 3A --from HWH --to NJP -p \"Asha Rao,34,F\" -p \"Ravi Rao,71\" --same-coach"
    }
  ])
)

export const show = Command.make(
  "show",
  { pnr },
  (input) => lazily(() => import("./actions/Show.ts"), (action) => action.run(input))
).pipe(
  Command.withDescription("Prints the ticket of a booking as it stands."),
  Command.withExamples([{ command: "berth show 4512345678" }, { command: "berth show 4512345678 --json" }])
)

export const events = Command.make(
  "events",
  {
    pnr,
    cursor: Flag.String("cursor").pipe(
      Flag.withMetavar("ID"),
      Flag.withDescription("Only what came after this event"),
      Flag.optional
    )
  },
  (input) => lazily(() => import("./actions/Events.ts"), (action) => action.run(input))
).pipe(
  Command.withDescription("Tells what happened to a booking, and what happens further, until it is interrupted."),
  Command.withExamples([{ command: "berth events 4512345678" }, { command: "berth events 4512345678 --json" }])
)

export const bookings = Command.make(
  "bookings",
  {
    cursor: Flag.String("cursor").pipe(
      Flag.withMetavar("CURSOR"),
      Flag.withDescription("Go on where an earlier page ended; that page says it"),
      Flag.optional
    )
  },
  (input) => lazily(() => import("./actions/Bookings.ts"), (action) => action.run(input))
).pipe(
  Command.withDescription("Lists your bookings, newest first."),
  Command.withExamples([{ command: "berth bookings" }, { command: "berth bookings --json | jq -r '.bookings[].pnr'" }])
)

export const cancel = Command.make(
  "cancel",
  {
    pnr,
    passengers: Flag.Int("passenger").pipe(
      Flag.withAlias("p"),
      Flag.withMetavar("NUMBER"),
      Flag.withDescription("Only this passenger, by the number on the ticket; may be repeated"),
      Flag.atLeast(0)
    ),
    yes: condition("yes", "Do not ask; nobody is asked where no terminal is")
  },
  (input) => lazily(() => import("./actions/Cancel.ts"), (action) => action.run(input))
).pipe(
  Command.withDescription("Cancels a booking, or some of its passengers, and says the refund."),
  Command.withExamples([{ command: "berth cancel 4512345678" }, { command: "berth cancel 4512345678 -p 2 --yes" }])
)

export const login = Command.make(
  "login",
  {},
  () => lazily(() => import("./actions/Login.ts"), (action) => action.run)
).pipe(
  Command.withDescription(
    "Stores a server and a token for later commands. The token is read from standard input, or asked for without showing it, and tried out first."
  ),
  Command.withShortDescription("Stores a server and a token for later commands."),
  Command.withExamples([
    { command: "berth login --server https://berth.example" },
    { command: "npm run --silent token -- --user asha --role passenger | berth login" }
  ])
)
