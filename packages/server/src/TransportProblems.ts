import { Problem } from "@berth/domain/Problem"
import { Schema } from "effect"

/** No call of the API has this path. */
export class PathNotFound extends Problem<PathNotFound>()("PathNotFound", 404, "No such path", {}) {}

export class MethodNotAllowed extends Problem<MethodNotAllowed>()("MethodNotAllowed", 405, "Wrong method", {
  allowed: Schema.Array(Schema.String)
}) {}

export class PayloadTooLarge extends Problem<PayloadTooLarge>()("PayloadTooLarge", 413, "Body too large", {
  bytesMax: Schema.Int
}) {}

export class UnsupportedMediaType
  extends Problem<UnsupportedMediaType>()("UnsupportedMediaType", 415, "Body is not JSON", {})
{}

/** The path is for WebSockets. */
export class UpgradeNeeded extends Problem<UpgradeNeeded>()("UpgradeNeeded", 426, "WebSocket needed", {}) {}

/** A fault of the program; the log says more under the request's id. */
export class InternalError extends Problem<InternalError>()("InternalError", 500, "Internal error", {}) {}

/** A store that the server cannot sell without is away. */
export class Unhealthy extends Problem<Unhealthy>()("Unhealthy", 503, "Cannot sell now", {
  reasons: Schema.Array(Schema.String),
  retryAfterSeconds: Schema.Int
}) {}

export const internalError = new InternalError({
  detail: "The server failed. Try again, and report the request's id if it fails again."
})

export const unsupportedMediaType = new UnsupportedMediaType({ detail: "Send the body as application/json." })
