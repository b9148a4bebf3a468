import { durationFromMs } from "@bufbuild/protobuf/wkt"
import { Code, ConnectError } from "@connectrpc/connect"
import { Option, Schema } from "effect"
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../generated/google/rpc/error_details_pb.ts"

/** What every error of the domain has. */
export interface ProblemLike {
  readonly _tag: string
  readonly status: number
  readonly detail: string
}

/** Says in `ErrorInfo` whose reasons these are. */
const errorDomain = "berth"

const codeByTag: ReadonlyMap<string, Code> = new Map([["IdempotencyConflict", Code.AlreadyExists]])

const codeByStatus: ReadonlyMap<number, Code> = new Map([
  [400, Code.InvalidArgument],
  [401, Code.Unauthenticated],
  [403, Code.PermissionDenied],
  [404, Code.NotFound],
  [429, Code.ResourceExhausted],
  [500, Code.Internal],
  [503, Code.Unavailable]
])

/** The status is of HTTP; what is refused by the state of things or by a rule is a failed precondition. */
export const codeOf = ({ _tag, status }: ProblemLike): Code =>
  codeByTag.get(_tag) ?? codeByStatus.get(status) ?? Code.FailedPrecondition

const decodeRetry = Schema.decodeUnknownOption(Schema.Struct({ retryAfterSeconds: Schema.Int }))

const decodeIssues = Schema.decodeUnknownOption(Schema.Struct({
  errors: Schema.Array(Schema.Struct({
    path: Schema.Array(Schema.Union([Schema.String, Schema.Int])),
    message: Schema.String
  }))
}))

const standardFields = new Set(["_tag", "type", "title", "status", "detail", "instance"])

/** The error's own fields; those of maps in protobuf are texts. */
const fieldsOf = (problem: ProblemLike): Record<string, string> =>
  Object.fromEntries(
    Object.entries(problem).flatMap(([name, value]) =>
      !standardFields.has(name) && (typeof value === "string" || typeof value === "number")
        ? [[name, String(value)]]
        : []
    )
  )

/** A path as protobuf's own validators write it: `passengers[0].age`. */
const fieldName = (path: ReadonlyArray<string | number>): string =>
  path.reduce<string>(
    (name, part) => typeof part === "number" ? `${name}[${part}]` : name === "" ? part : `${name}.${part}`,
    ""
  )

/** A domain error as a client of gRPC sees it: a code, the sentence, and details that programs can read. */
export const toConnectError = (problem: ProblemLike): ConnectError => {
  const error = new ConnectError(problem.detail, codeOf(problem))
  error.details.push({
    desc: ErrorInfoSchema,
    value: { reason: problem._tag, domain: errorDomain, metadata: fieldsOf(problem) }
  })
  const retry = decodeRetry(problem)
  if (Option.isSome(retry)) {
    const { retryAfterSeconds } = retry.value
    error.metadata.set("retry-after", String(retryAfterSeconds))
    error.details.push({
      desc: RetryInfoSchema,
      value: { retryDelay: durationFromMs(retryAfterSeconds * 1000) }
    })
  }
  const issues = decodeIssues(problem)
  if (Option.isSome(issues)) {
    const fieldViolations = issues.value.errors.map(({ message, path }) => ({
      field: fieldName(path),
      description: message
    }))
    error.details.push({ desc: BadRequestSchema, value: { fieldViolations } })
  }
  return error
}
