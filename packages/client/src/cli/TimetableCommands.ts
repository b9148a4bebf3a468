import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { anyClass, anyQuota, from, neededClass, runDate, to, trainId } from "./JourneyParams.ts"
import { lazily } from "./Lazily.ts"

export const search = Command.make(
  "search",
  { text: Argument.String("text").pipe(Argument.withDescription("Part of a code or a name")) },
  (input) => lazily(() => import("./actions/Search.ts"), (action) => action.run(input))
).pipe(
  Command.withDescription("Finds stations by code or name."),
  Command.withExamples([{ command: "berth search guwa" }, { command: "berth search \"new delhi\" --json" }])
)

const station = (name: string, what: string) =>
  Argument.String(name).pipe(Argument.withDescription(`${what}, by code or by a name that only one station has`))

export const trains = Command.make(
  "trains",
  {
    from: station("from", "Where to board"),
    to: station("to", "Where to alight"),
    date: Argument.String("date").pipe(
      Argument.withDescription("Day of departure at FROM: 2026-12-05, today, tomorrow or +3, there")
    )
  },
  (input) => lazily(() => import("./actions/Trains.ts"), (action) => action.run(input))
).pipe(
  Command.withDescription("Lists the trains from one station to another, with what is free."),
  Command.withExamples([
    { command: "berth trains HWH GHY tomorrow" },
    { command: "berth trains howrah guwahati 2026-12-05 --json" }
  ])
)

export const availability = Command.make(
  "availability",
  { trainId, date: runDate, from, to, travelClass: anyClass },
  (input) => lazily(() => import("./actions/Availability.ts"), (action) => action.run(input))
).pipe(
  Command.withDescription("Counts the free berths of a train by class, quota and berth type."),
  Command.withExamples([
    { command: "berth availability 12345 tomorrow" },
    { command: "berth availability 12345 2026-12-05 --from HWH --to NJP --class SL" }
  ])
)

export const seats = Command.make(
  "seats",
  {
    trainId,
    date: runDate,
    travelClass: neededClass,
    from,
    to,
    coach: Flag.String("coach").pipe(
      Flag.withMetavar("COACH"),
      Flag.withDescription("Only this coach, such as S3"),
      Flag.optional
    ),
    quota: anyQuota
  },
  (input) => lazily(() => import("./actions/Seats.ts"), (action) => action.run(input))
).pipe(
  Command.withDescription("Draws the coaches of a class with free and taken berths."),
  Command.withExamples([
    { command: "berth seats 12345 tomorrow --class SL --coach S1" },
    { command: "berth seats 12345 +3 --class 3A --from HWH --to NJP --quota GN" }
  ])
)

export const watch = Command.make(
  "watch",
  { trainId, date: runDate, from, to, travelClass: anyClass, quota: anyQuota },
  (input) => lazily(() => import("./actions/Watch.ts"), (action) => action.run(input))
).pipe(
  Command.withDescription(
    "Shows a train fill up, live: a bar for each class and quota, until Ctrl-C. A connection that breaks is made anew."
  ),
  Command.withShortDescription("Shows a train fill up, live."),
  Command.withExamples([
    { command: "berth watch 12345 tomorrow --class SL" },
    { command: "berth watch 12345 +3 --json | jq -c '.classes[0].quotas[0].free'" }
  ])
)
