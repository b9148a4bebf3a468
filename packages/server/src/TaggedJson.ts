import { Effect } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import { createHash } from "node:crypto"

const tagOf = (text: string): string => `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`

const names = (ifNoneMatch: string, tag: string): boolean =>
  ifNoneMatch.trim() === "*" || ifNoneMatch.split(",").some((given) => given.trim().replace(/^W\//, "") === tag)

/** Answers a value as JSON with an ETag of its content, or 304 to a caller who has it already. */
export const taggedJson = Effect.fnUntraced(function*(value: unknown) {
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  const text = JSON.stringify(value)
  const tag = tagOf(text)
  // no-cache: keep it, and ask each time whether it has changed.
  const known = { etag: tag, "cache-control": "no-cache" }
  const given = headers["if-none-match"]
  return given !== undefined && names(given, tag)
    ? HttpServerResponse.empty({ status: 304, headers: known })
    : HttpServerResponse.text(text, { contentType: "application/json", headers: known })
})
