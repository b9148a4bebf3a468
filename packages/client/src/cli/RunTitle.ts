import type { JourneyDate } from "@berth/domain/JourneyDate"
import { longDate } from "./DayText.ts"
import { clip, type Line, line, span } from "./Line.ts"

/** What a table or drawing is about: `12345 · Sat 5 Dec 2026 · HWH → GHY`. */
export const runTitle = (
  run: { readonly trainId: string; readonly date: JourneyDate; readonly from: string; readonly to: string },
  width: number
): Line =>
  clip(line(span(run.trainId, "bold"), ` · ${longDate(run.date)} · `, span(`${run.from} → ${run.to}`, "bold")), width)
