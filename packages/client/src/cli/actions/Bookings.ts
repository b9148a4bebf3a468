import { type Booking, BookingPage } from "@berth/domain/Booking"
import { Effect, Option } from "effect"
import { shortDate } from "../DayText.ts"
import { answer } from "../Documents.ts"
import { type Line, line, span } from "../Line.ts"
import { withProgress } from "../Progress.ts"
import { client } from "../Session.ts"
import { table } from "../Table.ts"
import { statusSpan } from "../Ticket.ts"

const rowOf = (booking: Booking): ReadonlyArray<Line> => [
  line(span(booking.pnr, "bold")),
  line(shortDate(booking.date)),
  line(booking.trainId),
  line(`${booking.from} → ${booking.to}`),
  line(`${booking.travelClass} ${booking.quota}`),
  line(booking.passengers.map(({ name, seat }) => seat === undefined ? name : `${name} ${seat}`).join(", ")),
  line(statusSpan(booking.status))
]

const draw = ({ bookings, nextCursor }: BookingPage, width: number): ReadonlyArray<Line> => {
  if (bookings.length === 0) return [line("No bookings.")]
  return [
    ...table(
      [
        { title: "PNR" },
        { title: "Run of" },
        { title: "Train", widthMin: 5 },
        { title: "Journey", widthMin: 9 },
        { title: "Class" },
        { title: "Passengers", widthMin: 10 },
        { title: "Status", widthMin: 4 }
      ],
      bookings.map(rowOf),
      width
    ),
    // For copying, so it is not fitted to the width.
    ...(nextCursor === undefined ? [] : [[], line(span(`More: berth bookings --cursor ${nextCursor}`, "dim"))])
  ]
}

export const run = Effect.fnUntraced(function*(input: { readonly cursor: Option.Option<string> }) {
  const berth = yield* client
  const page = yield* withProgress("Looking up your bookings")(
    berth.bookings(Option.isNone(input.cursor) ? {} : { cursor: input.cursor.value })
  )
  yield* answer(BookingPage, page, (width) => draw(page, width))
}, Effect.scoped)
