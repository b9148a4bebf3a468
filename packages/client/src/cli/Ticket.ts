import { berthTypeNames } from "@berth/domain/BerthType"
import type { Booking } from "@berth/domain/Booking"
import { addDays } from "@berth/domain/JourneyDate"
import type { Passenger } from "@berth/domain/Passenger"
import { quotaNames } from "@berth/domain/Quota"
import type { Journey, Train } from "@berth/domain/Train"
import { travelClassNames } from "@berth/domain/TravelClass"
import { Duration, Effect, Option } from "effect"
import type { BookingClient } from "../BookingClient.ts"
import { clockOf, dayOf, longDate } from "./DayText.ts"
import { clip, type Line, line, padTo, span, type Style } from "./Line.ts"
import { table } from "./Table.ts"

/** Widest that a ticket is printed. */
const widthMax = 76

/** A ticket does without names and times rather than let somebody wait. */
const tripMillisMax = 3_000

const styleOf = (status: string): Style => {
  if (status === "CONFIRMED") return "green"
  return status === "CANCELLED" ? "red" : "yellow"
}

export const statusSpan = (status: string) => span(status, styleOf(status))

/** Names and times that a booking does not carry. */
interface Trip {
  readonly train: Train
  /** The very run that was booked; absent where it has run. */
  readonly journey: Journey | undefined
}

/** What the timetable says of a booking's journey, if it can be had soon. */
export const tripOf = (client: BookingClient["Service"], booking: Booking): Effect.Effect<Option.Option<Trip>> =>
  Effect.gen(function*() {
    const { from, to, trainId } = booking
    const train = yield* client.train({ trainId })
    const day = train.stops.find(({ station }) => station.code === from)?.day ?? 1
    const found = yield* client.search({ from, to, date: addDays(booking.date, day - 1) })
    return { train, journey: found.find((each) => each.trainId === trainId && each.date === booking.date) }
  }).pipe(
    Effect.timeout(Duration.millis(tripMillisMax)),
    Effect.option
  )

const stationText = (trip: Option.Option<Trip>, code: string): string => {
  const stop = Option.getOrUndefined(trip)?.train.stops.find(({ station }) => station.code === code)
  return stop === undefined ? code : `${stop.station.name} (${code})`
}

const at = (instant: string): string => `${clockOf(instant)}  ${longDate(dayOf(instant))}  `

const travelLines = (booking: Booking, trip: Option.Option<Trip>): ReadonlyArray<Line> => {
  const journey = Option.getOrUndefined(trip)?.journey
  const from = span(stationText(trip, booking.from), "bold")
  const to = span(stationText(trip, booking.to), "bold")
  if (journey === undefined) {
    return [line(from, " → ", to), line(`Leaves its origin on ${longDate(booking.date)}`)]
  }
  return [line(at(journey.departsAt), from), line(at(journey.arrivesAt), to)]
}

const placeText = ({ berth, seat, waitlist }: Passenger): string => {
  if (waitlist !== undefined) return `${waitlist.kind}${waitlist.atBooking}/WL${waitlist.now}`
  return [seat ?? "", berth === undefined ? "" : berthTypeNames[berth]].join(" ").trim()
}

const passengerLines = (booking: Booking, width: number): ReadonlyArray<Line> =>
  table(
    [
      { title: "", align: "right" },
      { title: "Passenger", widthMin: 6 },
      { title: "Age", align: "right" },
      { title: "" },
      { title: "Place", widthMin: 6 },
      { title: "Status" }
    ],
    booking.passengers.map((passenger) => [
      line(String(passenger.number)),
      line(passenger.name),
      line(String(passenger.age)),
      line(passenger.gender ?? ""),
      line(placeText(passenger)),
      line(statusSpan(passenger.status))
    ]),
    width
  )

const beside = (left: Line, right: Line, width: number): Line => {
  const room = width - right.reduce((sum, { text }) => sum + text.length, 0)
  return [...padTo(clip(left, room), room), ...right]
}

/** A booking as a ticket, each line at most `columns` wide. */
export const ticket = (booking: Booking, trip: Option.Option<Trip>, columns: number): ReadonlyArray<Line> => {
  const width = Math.min(columns, widthMax)
  const inner = width - 4
  const name = Option.match(trip, { onNone: () => "", onSome: ({ train }) => ` ${train.name}` })
  const rule = (left: string, right: string) => line(span(left + "─".repeat(width - 2) + right, "dim"))
  const boxed = (content: Line): Line => [
    span("│ ", "dim"),
    ...padTo(clip(content, inner), inner),
    span(" │", "dim")
  ]
  const head = [
    beside(line(span(`PNR ${booking.pnr}`, "bold")), line(statusSpan(booking.status)), inner),
    line(`Train ${booking.trainId}${name}`),
    ...travelLines(booking, trip),
    line(
      `${travelClassNames[booking.travelClass]} (${booking.travelClass}), ` +
        `quota ${quotaNames[booking.quota]} (${booking.quota})`
    )
  ]
  return [
    rule("╭", "╮"),
    ...head.map(boxed),
    rule("├", "┤"),
    ...passengerLines(booking, inner).map(boxed),
    rule("╰", "╯")
  ]
}
