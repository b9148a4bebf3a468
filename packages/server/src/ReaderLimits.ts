import { ReaderLimit } from "@berth/domain/ReaderLimit"
import type { RateLimited } from "@berth/domain/ServiceErrors"
import { type IpAddress, isLoopbackIp, parseNetwork, subscriberOf } from "@berth/engine/IpAddress"
import { Clock, Config, Context, Effect, Layer, Option, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerRespondable } from "effect/http"
import type { RateLimiter } from "effect/persistence"
import { clientAddress } from "./ClientAddress.ts"
import { makeSharedBudgets } from "./SharedBudgets.ts"

/** Calls without a token that one address may make a minute; behind one may stand a provider's thousands of customers. */
const readsPerMinuteDefault = 6_000

const partsOf = (text: string): ReadonlyArray<string> =>
  text.split(",").map((part) => part.trim()).filter((part) => part !== "")

const Networks = Schema.String.check(
  Schema.makeFilter((text: string) =>
    partsOf(text).every((part) => parseNetwork(part) !== undefined)
      ? undefined
      : "Expected networks such as 10.0.0.0/8,fd00::/8, separated by commas"
  )
)

const PerMinute = Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 60, maximum: 10_000_000 }))

const settings = Config.all({
  trusted: Config.schema(Networks, "TRUSTED_PROXIES").pipe(Config.withDefault("")),
  readsPerMinute: Config.schema(PerMinute, "READS_PER_MINUTE").pipe(Config.withDefault(readsPerMinuteDefault))
})

/** The address of the socket, where the runtime serves requests that do not know it. */
export const SocketAddress = Context.Reference<string | undefined>("@berth/server/ReaderLimits/SocketAddress", {
  defaultValue: () => undefined
})

/**
 * Counts calls by the address that they come from.
 *
 * @effect-expect-leaking HttpServerRequest
 */
export class ReaderLimits extends Context.Service<ReaderLimits, {
  /** Whom the request under way comes from: an address, of IPv6 the part that one customer has; none where nobody can say. */
  readonly subscriber: Effect.Effect<string | undefined, never, HttpServerRequest.HttpServerRequest>
  /** Counts the request under way as so many calls. This machine's own are not counted. */
  take(calls: number): Effect.Effect<void, RateLimited, HttpServerRequest.HttpServerRequest>
  /** Counts a call by the address of its socket, where that needs no waiting; false where `take` has to. */
  takeNow(socket: string | undefined, forwardedFor: string | undefined): boolean
}>()("@berth/server/ReaderLimits") {
  static readonly layer: Layer.Layer<ReaderLimits, Config.ConfigError, RateLimiter.RateLimiter> = Layer.effect(
    ReaderLimits,
    Effect.gen(function*() {
      const { readsPerMinute, trusted } = yield* settings
      const budgets = yield* makeSharedBudgets
      const networks = partsOf(trusted).flatMap((text) => parseNetwork(text) ?? [])

      const client = Effect.contextWith((context: Context.Context<HttpServerRequest.HttpServerRequest>) => {
        const request = Context.get(context, HttpServerRequest.HttpServerRequest)
        const socket = Option.getOrUndefined(request.remoteAddress) ?? Context.get(context, SocketAddress)
        return Effect.succeed(clientAddress(socket, request.headers["x-forwarded-for"], networks))
      })

      const clock = yield* Clock.Clock
      const takeOf = (address: IpAddress) => ({
        key: `address:${subscriberOf(address)}`,
        callsPerMinute: readsPerMinute
      })

      return ReaderLimits.of({
        subscriber: Effect.map(client, (address) => address === undefined ? undefined : subscriberOf(address)),
        take: (calls) =>
          Effect.flatMap(
            client,
            (address) =>
              address === undefined || isLoopbackIp(address) ? Effect.void : budgets.take({
                ...takeOf(address),
                calls: Math.min(calls, readsPerMinute)
              })
          ),
        takeNow: (socket, forwardedFor) => {
          const address = clientAddress(socket, forwardedFor, networks)
          return address === undefined || isLoopbackIp(address) ||
            budgets.takeNow(takeOf(address), clock.currentTimeMillisUnsafe())
        }
      })
    })
  )
}

/** For the HTTP calls that need no token. */
export const layerHttp = Layer.effect(
  ReaderLimit,
  Effect.map(ReaderLimits, ({ take }) => ReaderLimit.of((call) => Effect.andThen(take(1), call)))
)

const bytesPerCall = 1024

/** For remote calls, of which a request may hold many: each KiB of it counts as one. */
export const layerRpc = HttpRouter.middleware(
  Effect.map(ReaderLimits, ({ take }) => (app) =>
    Effect.gen(function*() {
      const { headers } = yield* HttpServerRequest.HttpServerRequest
      const bytes = Number(headers["content-length"] ?? Infinity)
      return yield* Effect.matchEffect(take(1 + Math.floor(bytes / bytesPerCall)), {
        onFailure: HttpServerRespondable.toResponse,
        onSuccess: () => app
      })
    }))
)
