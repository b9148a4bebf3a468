import { BerthApi } from "@berth/domain/BerthApi"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { OperatorDesk } from "./OperatorDesk.ts"
import { versionOf } from "./VersionTags.ts"

/** For those who run the trains and serve at counters. */
export const layer = HttpApiBuilder.group(
  BerthApi,
  "operators",
  Effect.fn(function*(handlers) {
    const desk = yield* OperatorDesk
    return handlers.handleAll({
      previewSeatConfig: ({ headers, params: { trainId }, payload }) => {
        const tag = headers["if-match"]
        return desk.preview({ trainId, version: tag === undefined ? undefined : versionOf(tag), config: payload })
      },
      setRepack: ({ params: { trainId }, payload: { repack } }) => desk.setRepack({ trainId, repack }),
      trains: ({ query }) => desk.trains(query),
      runs: ({ params, query }) => desk.runs({ ...params, ...query }),
      closeRun: ({ params }) => desk.closeRun(params),
      openRun: ({ params }) => desk.openRun(params),
      searchBookings: ({ payload }) => desk.searchBookings(payload),
      audit: ({ query }) => desk.audit(query)
    })
  })
)
