import type { Journey, Station } from "@berth/domain/Train"
import { type TravelClass, travelClasses } from "@berth/domain/TravelClass"
import { Effect } from "effect"
import { arrivalText, clockOf, dayOf, durationText, longDate, shortDate } from "../DayText.ts"
import { answer, TrainsFound } from "../Documents.ts"
import { clip, type Line, line, span, wrap } from "../Line.ts"
import { withProgress } from "../Progress.ts"
import { client } from "../Session.ts"
import { stationOf } from "../StationChoice.ts"
import { table } from "../Table.ts"
import { departures } from "../WantedDay.ts"

const freeCell = (train: Journey, travelClass: TravelClass): Line => {
  if (!train.classes.includes(travelClass)) return []
  const found = train.availability.find((each) => each.travelClass === travelClass)
  if (found === undefined) return line(span("–", "dim"))
  return line(span(String(found.free), found.free > 0 ? "green" : "red"))
}

const draw = (from: Station, to: Station, date: string, trains: ReadonlyArray<Journey>, width: number) => {
  const title = clip(
    line(span(`${from.name} (${from.code}) → ${to.name} (${to.code})`, "bold"), ` · ${longDate(date)}`),
    width
  )
  if (trains.length === 0) return [title, line("No train goes that day.")]
  const classes = travelClasses.filter((each) => trains.some((train) => train.classes.includes(each)))
  const fromAfar = trains.some((train) => train.date !== dayOf(train.departsAt))
  const rows = trains.map((train) => [
    line(span(train.trainId, "bold")),
    line(train.name),
    line(clockOf(train.departsAt)),
    line(arrivalText(train.departsAt, train.arrivesAt)),
    line(durationText(train.departsAt, train.arrivesAt)),
    ...(fromAfar ? [line(train.date === dayOf(train.departsAt) ? "" : shortDate(train.date))] : []),
    ...classes.map((each) => freeCell(train, each))
  ])
  const columns = [
    { title: "Train" },
    { title: "Name", widthMin: 8 },
    { title: "Departs" },
    { title: "Arrives" },
    { title: "Takes", align: "right", widthMin: 0 },
    ...(fromAfar ? [{ title: "Run of" }] : []),
    ...classes.map((each) => ({ title: each, align: "right" } as const))
  ] as const
  const notes = [
    ...(trains.some(({ availability }) => availability.length === 0) ? ["–: not on sale."] : []),
    ...(fromAfar ? ["Run of: the day on which the train left its origin; other commands take it as the date."] : [])
  ]
  return [
    title,
    [],
    ...table(columns, rows, width),
    ...notes.flatMap((note) => wrap(note, width)).map((text) => line(span(text, "dim")))
  ]
}

export const run = Effect.fnUntraced(
  function*(input: { readonly from: string; readonly to: string; readonly date: string }) {
    const berth = yield* client
    const found = yield* withProgress("Looking for trains")(Effect.gen(function*() {
      const ends = yield* Effect.all({
        from: stationOf(berth, input.from),
        to: stationOf(berth, input.to)
      }, { concurrency: 2 })
      const day = yield* departures(berth, { from: ends.from.code, to: ends.to.code }, input.date)
      return { ...ends, ...day }
    }))
    yield* answer(TrainsFound, found, (width) => draw(found.from, found.to, found.date, found.trains, width))
  },
  Effect.scoped
)
