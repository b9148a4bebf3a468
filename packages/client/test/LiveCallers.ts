import type { Availability } from "@berth/domain/Availability"
import { BookingRequest } from "@berth/domain/BookingRequest"
import { addDays, JourneyDate } from "@berth/domain/JourneyDate"
import { Pnr } from "@berth/domain/Pnr"
import { StationCode } from "@berth/domain/StationCode"
import { TrainId } from "@berth/domain/TrainId"
import { Context, DateTime, Effect, Layer, Queue, Schema, Stream } from "effect"
import type { RunJourney } from "../src/BookingCalls.ts"
import { BookingClient } from "../src/BookingClient.ts"
import type { Connection } from "../src/Connection.ts"
import { RunningBerth } from "./RunningBerth.ts"

export const trainId = TrainId.make("12345")
export const from = StationCode.make("HWH")
export const to = StationCode.make("NJP")
export const unknownPnr = Pnr.make("9999999999")

/** Makes clients of one transport. */
export const clientOver =
  (layerOf: (connection: Connection) => Layer.Layer<BookingClient>) => (connection: Connection) =>
    Effect.map(Layer.build(layerOf(connection)), (context) => Context.get(context, BookingClient))

const freeIn = ({ classes }: Availability): number | undefined =>
  classes.find(({ travelClass }) => travelClass === "SL")?.quotas.find(({ quota }) => quota === "GN")?.free

/** Tells, one after the other, how many berths are free for everybody in the sleeper class, until it is interrupted. */
export const watchFree = Effect.fnUntraced(function*(client: BookingClient["Service"], journey: RunJourney) {
  const seen = yield* Queue.unbounded<number | undefined>()
  const watcher = yield* client.watchAvailability(journey).pipe(
    Stream.runForEach((found) => Queue.offer(seen, freeIn(found))),
    Effect.forkChild
  )
  return { seen, watcher }
})

/** Callers of a Berth with the sample network over one transport, and a journey `daysAhead` on which they book. */
export const callersOf = (layerOf: (connection: Connection) => Layer.Layer<BookingClient>, daysAhead: number) => {
  const clientOf = clientOver(layerOf)

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
    return freeIn(yield* client.availability(yield* journey)) ?? 0
  })

  return { clientOf, as, date, journey, party, freeOf }
}
