import { HttpServerResponse } from "effect/http"

/**
 * What an answer says unless it says otherwise: that nobody on the way keeps it, for it may be about a person, that it is
 * what its type says, and that a browser runs nothing of it and shows it in nobody's frame.
 */
export const guards = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'"
} as const

const pairs = Object.entries(guards)

/** Completes the headers of any answer. One by one, because that copies least. */
export const guarded = (response: HttpServerResponse.HttpServerResponse, requestId: string) => {
  let answer = HttpServerResponse.setHeader(response, "x-request-id", requestId)
  for (const [name, value] of pairs) {
    if (response.headers[name] === undefined) {
      answer = HttpServerResponse.setHeader(answer, name, value)
    }
  }
  return answer
}
