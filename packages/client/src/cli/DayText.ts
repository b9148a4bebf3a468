import { DateTime, Option } from "effect"

const dayMillis = 86_400_000

/** `Sat 5 Dec 2026`. */
export const longDate = (date: string): string =>
  Option.match(DateTime.make(`${date}T00:00:00Z`), {
    onNone: () => date,
    onSome: (day) =>
      DateTime.formatUtc(day, { locale: "en-GB", weekday: "short", day: "numeric", month: "short", year: "numeric" })
        .replace(",", "")
  })

/** `Sat 5 Dec`. */
export const shortDate = (date: string): string => longDate(date).replace(/ \d{4}$/, "")

/** The day that an instant with an offset, ISO 8601, has on the clocks there. */
export const dayOf = (at: string): string => at.slice(0, 10)

/** The time that it has on the clocks there: `16:05`. */
export const clockOf = (at: string): string => at.slice(11, 16)

const millisBetween = (from: string, to: string): Option.Option<number> =>
  Option.map(
    Option.all([DateTime.make(from), DateTime.make(to)]),
    ([start, end]) => DateTime.toEpochMillis(end) - DateTime.toEpochMillis(start)
  )

/** `09:30 +1` for an arrival on the day after the departure. */
export const arrivalText = (departsAt: string, arrivesAt: string): string => {
  const days = Option.getOrElse(millisBetween(dayOf(departsAt), dayOf(arrivesAt)), () => 0) / dayMillis
  return days === 0 ? clockOf(arrivesAt) : `${clockOf(arrivesAt)} +${days}`
}

/** `17 h 25`. */
export const durationText = (departsAt: string, arrivesAt: string): string =>
  Option.match(millisBetween(departsAt, arrivesAt), {
    onNone: () => "",
    onSome: (millis) => {
      const minutes = Math.round(millis / 60_000)
      return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`
    }
  })
