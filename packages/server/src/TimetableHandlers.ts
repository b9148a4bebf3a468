import { BerthApi } from "@berth/domain/BerthApi"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { ReadingDesk } from "./ReadingDesk.ts"
import { taggedJson } from "./TaggedJson.ts"

/** Stations, trains and their seats, for everybody. */
export const layer = HttpApiBuilder.group(
  BerthApi,
  "timetable",
  Effect.fn(function*(handlers) {
    const desk = yield* ReadingDesk
    return handlers.handleAll({
      stations: ({ query }) => desk.stations(query.query),
      train: ({ params }) => desk.train(params.trainId),
      seats: ({ params, query, request }) =>
        Effect.map(desk.seats({ ...params, ...query }), (seats) => taggedJson(seats, request.headers["if-none-match"]))
    })
  })
)
