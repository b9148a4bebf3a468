import { BerthApi } from "@berth/domain/BerthApi"
import { SigningIn } from "@berth/engine/accounts/SigningIn"
import { Effect } from "effect"
import { HttpServerRequest } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { bearerOf } from "./BearerToken.ts"
import { ReaderLimits } from "./ReaderLimits.ts"
import { Tokens } from "./Tokens.ts"

/** Getting into an account. */
export const layer = HttpApiBuilder.group(
  BerthApi,
  "signIn",
  Effect.fn(function*(handlers) {
    const signingIn = yield* SigningIn
    const tokens = yield* Tokens
    const { subscriber } = yield* ReaderLimits
    return handlers.handleAll({
      mailCode: Effect.fnUntraced(function*({ payload }) {
        yield* signingIn.sendMailCode(payload.email, yield* subscriber)
      }),
      resetPassword: Effect.fnUntraced(function*({ payload }) {
        yield* tokens.forget(yield* signingIn.resetPassword({ ...payload, address: yield* subscriber }))
      }),
      signIn: Effect.fnUntraced(function*({ payload }) {
        const { headers } = yield* HttpServerRequest.HttpServerRequest
        const signedIn = yield* signingIn.signIn({
          email: payload.email,
          password: payload.password,
          code: payload.code,
          address: yield* subscriber,
          replaces: bearerOf(headers)
        })
        yield* tokens.forget(signedIn.userId)
        return signedIn
      })
    })
  })
)
