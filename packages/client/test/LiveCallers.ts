import { BookingRequest } from "@berth/domain/BookingRequest"
import { addDays, JourneyDate } from "@berth/domain/JourneyDate"
import { Pnr } from "@berth/domain/Pnr"
import { StationCode } from "@berth/domain/StationCode"
import { TrainId } from "@berth/domain/TrainId"
import { Context, DateTime, Effect, Layer, Schema } from "effect"
import type { RunJourney } from "../src/BookingCalls.ts"
import { BookingClient } from "../src/BookingClient.ts"
import type { Connection } from "../src/Connection.ts"
import { RunningBerth } from "./RunningBerth.ts"

export const trainId = TrainId.make("12345")
export const from = StationCode.make("HWH")
export const to = StationCode.make("NJP")
export const unknownPnr = Pnr.make("9999999999")

/** Callers of a Berth with the sample network over one transport, and a journey `daysAhead` on which they book. */
export const callersOf = (layerOf: (connection: Connection) => Layer.Layer<BookingClient>, daysAhead: number) => {
  const clientOf = (connection: Connection) =>
    Effect.map(Layer.build(layerOf(connection)), (context) => Context.get(context, BookingClient))

  const as = (who: "user" | "admin" | "nobody") =>
    Effect.flatMap(
      RunningBerth,
      ({ url, ...tokens }) => clientOf({ url, ...(who === "nobody" ? {} : { token: tokens[who] }) })
    )

  const date = Effect.map(DateTime.now, (now) => addDays(JourneyDate.make(DateTime.formatIsoDateUtc(now)), daysAhead))

  const journey = Effect.map(date, (day): RunJourney => ({ trainId, date: day, from, to }))

  const party = (...names: readonly [string, ...Array<string>]) =>
    Effect.flatMap(date, (day) =>
      Schema.decodeUnknownEffect(BookingRequest)({
        trainId,
        date: day,
        from,
        to,
        travelClass: "SL",
        passengers: names.map((passenger) => ({ name: passenger, age: 30 }))
      }))

  const freeOf = Effect.fnUntraced(function*(client: BookingClient["Service"]) {
    const { classes } = yield* client.availability(yield* journey)
    return classes.find(({ travelClass }) => travelClass === "SL")?.quotas.find(({ quota }) => quota === "GN")?.free ??
      0
  })

  return { clientOf, as, date, journey, party, freeOf }
}
