import { BerthApi } from "@berth/domain/BerthApi"
import { Effect, Layer } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { EventDesk } from "./EventDesk.ts"
import { eventText } from "./EventText.ts"
import { Watchers } from "./Watchers.ts"

const bookings = HttpApiBuilder.group(
  BerthApi,
  "bookingEvents",
  Effect.fn(function*(handlers) {
    const desk = yield* EventDesk
    const watchers = yield* Watchers
    return handlers.handleRaw(
      "bookingEvents",
      Effect.fnUntraced(function*({ headers, params, query }) {
        const found = yield* desk.bookingEvents(params.pnr, headers["last-event-id"] ?? query.cursor)
        yield* watchers.enter
        return eventText(watchers.limited(found))
      })
    )
  })
)

const runs = HttpApiBuilder.group(
  BerthApi,
  "runEvents",
  Effect.fn(function*(handlers) {
    const desk = yield* EventDesk
    const watchers = yield* Watchers
    return handlers.handleRaw(
      "runEvents",
      Effect.fnUntraced(function*({ headers, params, query }) {
        const cursor = headers["last-event-id"] ?? query.cursor
        const found = yield* desk.runEvents({
          ...params,
          date: query.date,
          ...(cursor === undefined ? {} : { cursor })
        })
        yield* watchers.enter
        return eventText(watchers.limited(found))
      })
    )
  })
)

/** Events as they happen, as server-sent events. */
export const layer = Layer.merge(bookings, runs)
