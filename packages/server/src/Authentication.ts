import { CurrentUser, HttpAuth, RpcAuth } from "@berth/domain/Auth"
import { Effect, Layer, Option, Redacted, Schema } from "effect"
import { CallBudget } from "./CallBudget.ts"
import { Tokens } from "./Tokens.ts"

export const bearerOf = (authorization: string | undefined) => /^bearer +(\S+)$/i.exec(authorization ?? "")?.[1] ?? ""

const decodeKeyed = Schema.decodeUnknownOption(Schema.Struct({ idempotencyKey: Schema.String }))

/** Says who calls, and takes the call off what they may make. */
export const admit = Effect.gen(function*() {
  const tokens = yield* Tokens
  const budget = yield* CallBudget
  return (token: string, key: string | undefined) =>
    Effect.flatMap(tokens.verify(token), (user) => Effect.mapEager(budget.take(user, key), () => user))
})

/** The token of an HTTP call. */
export const layerHttp = Layer.effect(
  HttpAuth,
  Effect.map(admit, (admitted) =>
    HttpAuth.of({
      bearer: (call, { credential }) =>
        Effect.flatMap(admitted(Redacted.value(credential), undefined), (user) =>
          Effect.provideService(call, CurrentUser, user))
    }))
)

/** The token of a remote call. */
export const layerRpc = Layer.effect(
  RpcAuth,
  Effect.map(admit, (admitted) =>
    RpcAuth.of(Effect.fnUntraced(function*(call, { headers, payload }) {
      const key = Option.getOrUndefined(decodeKeyed(payload))?.idempotencyKey
      return yield* Effect.provideService(
        call,
        CurrentUser,
        yield* admitted(bearerOf(headers["authorization"]), key)
      )
    })))
)
