import { BerthApi } from "@berth/domain/BerthApi"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { ReadingDesk } from "./ReadingDesk.ts"
import { taggedJson } from "./TaggedJson.ts"

/** Stations, trains and what is free on them, for everybody. */
export const layer = HttpApiBuilder.group(
  BerthApi,
  "timetable",
  Effect.fn(function*(handlers) {
    const desk = yield* ReadingDesk
    return handlers.handleAll({
      stations: ({ query }) => desk.stations(query.query),
      search: ({ query }) => desk.search(query),
      train: ({ params }) => desk.train(params.trainId),
      availability: ({ params, query }) => Effect.flatMap(desk.availability({ ...params, ...query }), taggedJson),
      seats: ({ params, query }) => Effect.flatMap(desk.seats({ ...params, ...query }), taggedJson)
    })
  })
)
