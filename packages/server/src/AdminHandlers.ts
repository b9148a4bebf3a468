import { BerthApi } from "@berth/domain/BerthApi"
import { type SeatConfig, VersionNeeded } from "@berth/domain/SeatConfig"
import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Desk } from "./Desk.ts"
import { versionOf } from "./VersionTags.ts"

const withVersion = (config: SeatConfig) =>
  HttpServerResponse.jsonUnsafe(config, { headers: { etag: `"${config.version}"` } })

/** The seat configuration, for those who run the trains. */
export const layer = HttpApiBuilder.group(
  BerthApi,
  "admin",
  Effect.fn(function*(handlers) {
    const desk = yield* Desk
    return handlers.handleAll({
      seatConfig: ({ params }) => Effect.map(desk.seatConfig(params.trainId), withVersion),
      replaceSeatConfig: Effect.fnUntraced(function*({ headers, params: { trainId }, payload }) {
        const tag = headers["if-match"]
        if (tag === undefined) {
          return yield* new VersionNeeded({
            trainId,
            detail: "Send the version that you edited in the header If-Match; a GET answers it as its ETag."
          })
        }
        return withVersion(yield* desk.replaceSeatConfig(trainId, versionOf(tag), payload))
      })
    })
  })
)
