import type { Availability } from "@berth/domain/Availability"
import { clip, type Line, line, padTo, span, type Style, widthOf } from "./Line.ts"
import { runTitle } from "./RunTitle.ts"

/** A class and quota of a run that is watched. */
export interface Pool {
  readonly travelClass: string
  readonly quota: string
  readonly free: number
  /** Berths for sale, free or not. */
  readonly total: number
  /** By how much `free` has changed since the watch began. */
  readonly change: number
}

/** What is known at one moment of a watch. */
export interface Sight {
  readonly run: Pick<Availability, "trainId" | "date" | "from" | "to">
  readonly pools: ReadonlyArray<Pool>
  /** The time of day of the last change, or since when nothing comes. */
  readonly clock: string
  /** Why nothing comes at the moment. */
  readonly lost?: string
}

const barMax = 50
const barMin = 4

const changeText = (change: number): string => change === 0 ? "" : change > 0 ? `+${change}` : `−${-change}`

const styleOf = ({ free, total }: Pool): Style => free === 0 ? "red" : free * 4 < total ? "yellow" : "green"

/** Taken berths are filled; one berth less than full never looks full, nor one more than empty empty. */
const bar = (pool: Pool, width: number): Line => {
  const taken = pool.total - pool.free
  const exact = Math.round(taken / Math.max(1, pool.total) * width)
  const filled = taken === 0 ? 0 : pool.free === 0 ? width : Math.min(width - 1, Math.max(1, exact))
  return line(span("█".repeat(filled), styleOf(pool)), span("░".repeat(width - filled), "dim"))
}

/** One frame of a watch, each line at most `width` columns wide and no more than `height` lines. */
export const watchFrame = ({ clock, lost, pools, run }: Sight, width: number, height: number): ReadonlyArray<Line> => {
  const digits = Math.max(1, ...pools.map(({ total }) => String(total).length))
  const counts = pools.map(({ free, total }) =>
    `${String(free).padStart(digits)} of ${String(total).padStart(digits)} free`
  )
  const countWidth = digits * 2 + " of  free".length
  const changeWidth = Math.max(0, ...pools.map(({ change }) => changeText(change).length))
  const barWidth = Math.min(barMax, width - "SL  GN  ".length - countWidth - changeWidth - 4)
  const rows = pools.map((pool, index) => {
    const isFirst = pools[index - 1]?.travelClass !== pool.travelClass
    return clip([
      ...padTo(line(span(isFirst ? pool.travelClass : "", "bold")), 4),
      ...padTo(line(pool.quota), 4),
      ...(barWidth < barMin ? [] : [...bar(pool, barWidth), ...line("  ")]),
      ...line(span(counts[index] ?? "", styleOf(pool))),
      ...line("  ", span(changeText(pool.change), "cyan"))
    ], width)
  })
  const status = lost === undefined
    ? line(span("● ", "green"), `live, last change ${clock}`, span("  Ctrl-C ends", "dim"))
    : line(span("○ ", "yellow"), `no answer since ${clock}, trying again: ${lost}`)
  const title = runTitle(run, width)
  const rest = height - 4
  const shown = rows.length <= rest ? rows : rows.slice(0, Math.max(0, rest - 1))
  const more = rows.length - shown.length
  return [
    title,
    ...shown,
    ...(more === 0
      ? []
      : [line(span(`… ${more} more; --class shows one class`, "dim"))].map((each) => clip(each, width))),
    clip(status, width)
  ].filter((each) => widthOf(each) > 0)
}
