import { BerthApi } from "@berth/domain/BerthApi"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { OperatorDesk } from "./OperatorDesk.ts"

/** What is held on a person. */
export const layer = HttpApiBuilder.group(
  BerthApi,
  "privacy",
  Effect.fn(function*(handlers) {
    const desk = yield* OperatorDesk
    return handlers.handleAll({
      exportMine: ({ query }) => desk.exportPerson(undefined, query.cursor),
      eraseMine: () => desk.erasePerson(undefined),
      exportPerson: ({ params, query }) => desk.exportPerson(params.userId, query.cursor),
      erasePerson: ({ params }) => desk.erasePerson(params.userId)
    })
  })
)
