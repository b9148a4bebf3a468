import { Stream } from "effect"
import { BookingClient } from "../src/BookingClient.ts"
import { date, pnr, request, trainId } from "./ScriptedAnswers.ts"

export const show = BookingClient.use((client) => client.show({ pnr }))
export const book = BookingClient.use((client) => client.book({ request }))
export const cancel = BookingClient.use((client) => client.cancel({ pnr }))

/** How many berths are free, at first and after changes, until so many figures were seen. */
export const freeSeen = (changes: number) =>
  BookingClient.use((client) =>
    client.watchAvailability({ trainId, date }).pipe(
      Stream.map(({ classes }) => classes[0]?.quotas[0]?.free),
      Stream.take(changes),
      Stream.runCollect
    )
  )
