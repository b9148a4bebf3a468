import { Schema } from "effect"
import { Headers } from "effect/http"
import { RpcMiddleware } from "effect/rpc"
import { Problem } from "./Problem.ts"
import { InvalidRequest } from "./RequestErrors.ts"
import { Overloaded } from "./ServiceErrors.ts"

/**
 * Version of the remote calls, raised by a change that an older client would not understand. A call or a field more is
 * no such change. The server answers the version before as well.
 *
 * 2: a call that cannot be read is answered with `InvalidRequest` instead of a defect; `WatchBooking`.
 */
export const rpcVersion = 2

/** The versions that the server answers. */
export const rpcVersionsSpoken: ReadonlyArray<number> = [1, rpcVersion]

/** Header of each call with the version that the caller speaks; version 1 had no such header. */
export const rpcVersionHeader = "berth-rpc-version"

/** The caller speaks a version that the server does not. */
export class RpcVersionNotSpoken extends Problem<RpcVersionNotSpoken>()("RpcVersionNotSpoken", 400, "Unknown version", {
  /** What the caller sent, shortened. */
  asked: Schema.String,
  spoken: Schema.Array(Schema.Int)
}) {}

/** What comes before any call: its version, its payload, and how many its connection has under way. */
export class RpcCheck extends RpcMiddleware.Service<RpcCheck>()("@berth/domain/RpcVersion/RpcCheck", {
  error: Schema.Union([InvalidRequest, RpcVersionNotSpoken, Overloaded]),
  requiredForClient: true
}) {}

/** Tells the server the version that this client speaks. */
export const rpcCheckClient = RpcMiddleware.layerClient(
  RpcCheck,
  ({ next, request }) =>
    next({ ...request, headers: Headers.set(request.headers, rpcVersionHeader, String(rpcVersion)) })
)
