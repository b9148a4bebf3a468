import { HttpApiMiddleware } from "effect/http-api"
import { InvalidRequest } from "./RequestErrors.ts"

/** Turns a request that does not decode into `InvalidRequest` with the path of each field. */
export class RequestCheck extends HttpApiMiddleware.Service<RequestCheck>()("@berth/domain/RequestCheck", {
  error: InvalidRequest
}) {}
