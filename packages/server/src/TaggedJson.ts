import { HttpServerResponse } from "effect/http"
import { hash } from "node:crypto"

interface Tagged {
  readonly text: string
  readonly tag: string
  /** no-cache: keep it, and ask each time whether it has changed. */
  readonly headers: { readonly etag: string; readonly "cache-control": "no-cache" }
  readonly bytes: number
}

const tagOf = (text: string): string => `"${hash("sha256", text, "base64url").slice(0, 22)}"`

export const names = (ifNoneMatch: string, tag: string): boolean =>
  ifNoneMatch.trim() === "*" || ifNoneMatch.split(",").some((given) => given.trim().replace(/^W\//, "") === tag)

// By the value itself: many ask for what has not changed, and get the same object from the engine.
const known = new WeakMap<object, Tagged>()

export const tagged = (value: object): Tagged => {
  const earlier = known.get(value)
  if (earlier !== undefined) {
    return earlier
  }
  const text = JSON.stringify(value)
  const tag = tagOf(text)
  const made: Tagged = {
    text,
    tag,
    headers: { etag: tag, "cache-control": "no-cache" },
    bytes: Buffer.byteLength(text)
  }
  known.set(value, made)
  return made
}

/** Answers a value, which never changes, as JSON with an ETag of its content, or 304 to a caller who has it already. */
export const taggedJson = (value: object, ifNoneMatch: string | undefined): HttpServerResponse.HttpServerResponse => {
  const { headers, tag, text } = tagged(value)
  return ifNoneMatch !== undefined && names(ifNoneMatch, tag)
    ? HttpServerResponse.empty({ status: 304, headers })
    : HttpServerResponse.text(text, { contentType: "application/json", headers })
}
