import { HttpApiMiddleware } from "effect/http-api"
import { RateLimited } from "./ServiceErrors.ts"

/** Counts the calls that need no token by the address that they come from. */
export class ReaderLimit extends HttpApiMiddleware.Service<ReaderLimit>()("@berth/domain/ReaderLimit", {
  error: RateLimited
}) {}
