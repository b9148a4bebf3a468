import type { ReportProgress } from "@berth/engine/timetable/ImportProgress"
import { Effect } from "effect"

const terminalMillisMin = 100
const plainMillisMin = 1_000
const barCharacters = 30
const eraseLine = "\r\u001B[2K"

const bar = (share: number): string => "#".repeat(Math.round(share * barCharacters)).padEnd(barCharacters, ".")

/** Shows progress: as one line that moves on a terminal, as a few lines elsewhere. */
export const progressReport = Effect.gen(function*() {
  const { isTTY } = process.stderr
  const millisMin = isTTY ? terminalMillisMin : plainMillisMin
  if (isTTY) yield* Effect.addFinalizer(() => Effect.sync(() => process.stderr.write(eraseLine)))
  let shownAt = Number.NEGATIVE_INFINITY
  const report: ReportProgress = ({ done, phase, total }) =>
    Effect.sync(() => {
      const now = performance.now()
      if (now - shownAt < millisMin) return
      shownAt = now
      const share = total === 0 ? 1 : done / total
      const percent = `${String(Math.floor(share * 100)).padStart(3)} %`
      process.stderr.write(isTTY ? `${eraseLine}${bar(share)} ${percent}  ${phase}` : `${phase}: ${percent.trim()}\n`)
    })
  return report
})
