import { Schema } from "effect"
import { Problem } from "./Problem.ts"
import { UserId } from "./UserId.ts"

/** One value of a request that is not as it should be. */
export const RequestIssue = Schema.Struct({
  in: Schema.Literals(["params", "query", "headers", "body"]),
  /** Where it stands, for example `["passengers", 0, "age"]`. */
  path: Schema.Array(Schema.Union([Schema.String, Schema.Finite])),
  /** What is allowed. */
  message: Schema.String
}).annotate({ identifier: "RequestIssue" })
export type RequestIssue = typeof RequestIssue.Type

export class InvalidRequest extends Problem<InvalidRequest>()("InvalidRequest", 400, "Invalid request", {
  errors: Schema.Array(RequestIssue)
}) {}

export class Unauthorized extends Problem<Unauthorized>()("Unauthorized", 401, "Token needed", {}) {}

export class Forbidden extends Problem<Forbidden>()("Forbidden", 403, "Not allowed", {
  userId: UserId
}) {}
