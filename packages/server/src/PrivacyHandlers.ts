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
      exportMine: () => desk.exportPerson(undefined),
      eraseMine: () => desk.erasePerson(undefined),
      exportPerson: ({ params }) => desk.exportPerson(params.userId),
      erasePerson: ({ params }) => desk.erasePerson(params.userId)
    })
  })
)
