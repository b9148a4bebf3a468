import { Schema } from "effect"

/** Slots as the scripts write them: with commas between. */
export const SlotsText = Schema.String.check(
  Schema.isPattern(/^\d+(?:,\d+)*$/, { expected: "slots with commas between" })
)

export const parseSlots = (text: typeof SlotsText.Type): Array<number> => text.split(",").map(Number)
