import type { TravelClass } from "@berth/domain/TravelClass"
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"

/** The domain's classes, written out again because its module takes longer to load than help may take. */
export const travelClassCodes = ["1A", "2A", "3A", "3E", "SL", "CC", "EC", "2S"] as const satisfies ReadonlyArray<
  TravelClass
>

export const trainId = Argument.String("train").pipe(Argument.withDescription("Number of the train, such as 12345"))

export const runDate = Argument.String("date").pipe(
  Argument.withDescription(
    "Day on which the train leaves its origin: 2026-12-05, today, tomorrow or +3, where the train runs"
  )
)

export const from = Flag.String("from").pipe(
  Flag.withMetavar("STATION"),
  Flag.withDescription("Where to board, code or name; the origin unless given"),
  Flag.optional
)

export const to = Flag.String("to").pipe(
  Flag.withMetavar("STATION"),
  Flag.withDescription("Where to alight, code or name; the terminus unless given"),
  Flag.optional
)

export const neededClass = Flag.Literals("class", travelClassCodes).pipe(
  Flag.withMetavar("CLASS"),
  Flag.withDescription("Class of travel")
)

export const anyClass = neededClass.pipe(
  Flag.withDescription("Only this class of travel"),
  Flag.optional
)

export const anyQuota = Flag.String("quota").pipe(
  Flag.withMetavar("QUOTA"),
  Flag.withDescription("Only this quota, such as GN, TQ or LD"),
  Flag.optional
)

export const pnr = Argument.String("pnr").pipe(Argument.withDescription("The ten digits of the booking"))
