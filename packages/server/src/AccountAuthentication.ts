import { AccountAuth, CurrentSession } from "@berth/domain/AccountAuth"
import { Effect, Layer } from "effect"
import { CallBudget } from "./CallBudget.ts"
import { Tokens } from "./Tokens.ts"

/** The token of a call about the caller's own account; such calls count like any other. */
export const layer = Layer.effect(
  AccountAuth,
  Effect.gen(function*() {
    const tokens = yield* Tokens
    const budget = yield* CallBudget
    return AccountAuth.of({
      bearer: Effect.fnUntraced(function*(call, { credential }) {
        const holder = yield* tokens.holder(credential)
        yield* budget.take(holder, undefined)
        return yield* Effect.provideService(call, CurrentSession, holder)
      })
    })
  })
)
