import { Schema } from "effect"
import { HttpApiError } from "effect/http-api"

/**
 * Declares a typed error that travels as an RFC 9457 problem document over HTTP and as itself over RPC.
 *
 * `_tag` names it in the body, `detail` says in one sentence what happened and what to do next. The server adds the
 * request's id.
 */
export const Problem =
  <Self>() =>
  <const Tag extends string, const Status extends number, const Fields extends HttpApiError.ProblemExtensionFields>(
    tag: Tag,
    status: Status,
    title: string,
    fields: Fields
  ) =>
    HttpApiError.Problem<Self>()(tag, { type: `urn:berth:problem:${tag}`, status, title }, {
      ...fields,
      _tag: Schema.tag(tag),
      detail: Schema.String
    })
