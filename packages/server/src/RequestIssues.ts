import { RequestCheck } from "@berth/domain/RequestCheck"
import { InvalidRequest, type RequestIssue } from "@berth/domain/RequestErrors"
import { Effect, type SchemaAST, SchemaIssue } from "effect"
import { type HttpApiError, HttpApiMiddleware } from "effect/http-api"

/** Flaws that one answer names. */
const issuesMax = 20

// Without the input in the issues, no message repeats what was sent.
const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) =>
    issue._tag === "MissingKey" ? "Expected a value, it is missing" : SchemaIssue.defaultLeafHook(issue)
})

const places = { Params: "params", Query: "query", Headers: "headers", Payload: "body" } as const

const segmentOf = (segment: PropertyKey | { readonly key: PropertyKey }): string | number => {
  const key = typeof segment === "object" ? segment.key : segment
  return typeof key === "symbol" ? String(key) : key
}

/** What a schema allows, in values or kinds of JSON: callers know no schema by its name. */
const allowedBy = (ast: SchemaAST.AST): string => {
  switch (ast._tag) {
    case "Union":
      return ast.types.map(allowedBy).join(" | ")
    case "Literal":
      return JSON.stringify(ast.literal)
    case "Objects":
      return "an object"
    case "Arrays":
      return "an array"
    default:
      return `a ${ast._tag.toLowerCase()}`
  }
}

interface Flaw {
  readonly path: ReadonlyArray<string | number>
  readonly message: string
}

const flawsOf = (issue: SchemaIssue.Issue, path: Flaw["path"]): ReadonlyArray<Flaw> => {
  switch (issue._tag) {
    case "Pointer":
      return flawsOf(issue.issue, [...path, ...issue.path.map(segmentOf)])
    case "Encoding":
      return flawsOf(issue.issue, path)
    case "Composite":
      return issue.issues.flatMap((inner) => flawsOf(inner, path))
    case "AnyOf":
      return issue.issues.length > 0
        ? issue.issues.flatMap((inner) => flawsOf(inner, path))
        : [{ path, message: `Expected ${allowedBy(issue.ast)}` }]
    case "InvalidType":
      return [{ path, message: `Expected ${allowedBy(issue.ast)}` }]
    default:
      return format(issue).issues.map((inner) => ({
        path: [...path, ...(inner.path ?? []).map(segmentOf)],
        message: inner.message
      }))
  }
}

/** What is wrong with a request, one flaw a value. */
const issuesOf = (place: RequestIssue["in"], issue: SchemaIssue.Issue): ReadonlyArray<RequestIssue> => {
  const byPath = new Map<string, RequestIssue>()
  for (const flaw of flawsOf(issue, [])) {
    const key = flaw.path.join(".")
    if (!byPath.has(key) && byPath.size < issuesMax) {
      byPath.set(key, { in: place, ...flaw })
    }
  }
  return [...byPath.values()]
}

const sentence = ([first]: ReadonlyArray<RequestIssue>): string =>
  first === undefined
    ? "The request is not as it should be."
    : `${[first.in, ...first.path].join(".")}: ${first.message}.`

/** The refusal that names what is wrong with a part of a request. */
export const invalidRequest = (place: RequestIssue["in"], issue: SchemaIssue.Issue): InvalidRequest => {
  const errors = issuesOf(place, issue)
  return new InvalidRequest({ errors, detail: sentence(errors) })
}

const transform = (
  error: HttpApiError.HttpApiSchemaError
): Effect.Effect<never, InvalidRequest | HttpApiError.HttpApiSchemaError> => {
  // An answer that does not encode is a fault of the server.
  if (error.kind === "Body" || error.kind === "ResponseHeaders") {
    return Effect.fail(error)
  }
  return Effect.fail(invalidRequest(places[error.kind], error.cause.issue))
}

/** Tells callers which values of a request are wrong, and what is allowed. */
export const layer = HttpApiMiddleware.layerSchemaErrorTransform(RequestCheck, transform)
