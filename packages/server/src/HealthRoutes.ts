import { StoresHealth } from "@berth/engine/StoresHealth"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerRespondable, HttpServerResponse } from "effect/http"
import { Unhealthy } from "./TransportProblems.ts"

const alive = HttpServerResponse.jsonUnsafe({ status: "ok" })

const health = Effect.map(StoresHealth, ({ reasons }) =>
  Effect.flatMap(reasons, (found) =>
    found.length === 0
      ? Effect.succeed(alive)
      : HttpServerRespondable.toResponse(
        new Unhealthy({
          reasons: found,
          retryAfterSeconds: 1,
          detail: `${found.join(", and ")}. Nothing can be sold now.`
        })
      )))

/** Whether the process lives, and whether it can sell. */
export const layer = Layer.mergeAll(
  HttpRouter.add("GET", "/health/live", alive),
  Layer.unwrap(Effect.map(health, (answer) => HttpRouter.add("GET", "/health", answer)))
)
