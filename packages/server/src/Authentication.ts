import { CurrentUser, HttpAuth, RpcAuth } from "@berth/domain/Auth"
import { Effect, Layer, Option, Redacted, Schema } from "effect"
import type { Headers } from "effect/http"
import { HttpServerRequest } from "effect/http"
import { CallBudget } from "./CallBudget.ts"
import { Tokens } from "./Tokens.ts"

export const bearerOf = (headers: Headers.Headers) => /^bearer +(\S+)$/i.exec(headers["authorization"] ?? "")?.[1] ?? ""

const decodeKeyed = Schema.decodeUnknownOption(Schema.Struct({ idempotencyKey: Schema.String }))

/** Says who calls, and takes the call off what they may make. */
export const admit = Effect.gen(function*() {
  const tokens = yield* Tokens
  const budget = yield* CallBudget
  return Effect.fnUntraced(function*(token: Redacted.Redacted, key: string | undefined) {
    const user = yield* tokens.verify(token)
    yield* budget.take(user, key)
    return user
  })
})

/** The token of an HTTP call. */
export const layerHttp = Layer.effect(
  HttpAuth,
  Effect.map(admit, (admitted) =>
    HttpAuth.of({
      bearer: Effect.fnUntraced(function*(call, { credential, endpoint }) {
        const { headers } = yield* HttpServerRequest.HttpServerRequest
        const key = endpoint.identifier === "book" ? headers["idempotency-key"] : undefined
        return yield* Effect.provideService(call, CurrentUser, yield* admitted(credential, key))
      })
    }))
)

/** The token of a remote call. */
export const layerRpc = Layer.effect(
  RpcAuth,
  Effect.map(admit, (admitted) =>
    RpcAuth.of(Effect.fnUntraced(function*(call, { headers, payload }) {
      const key = Option.getOrUndefined(decodeKeyed(payload))?.idempotencyKey
      return yield* Effect.provideService(call, CurrentUser, yield* admitted(Redacted.make(bearerOf(headers)), key))
    })))
)
