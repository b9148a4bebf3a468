import { Redacted } from "effect"
import type { Headers } from "effect/http"

/** The token in an `Authorization` header, where there is one. */
export const bearerOf = (headers: Headers.Headers): Redacted.Redacted | undefined => {
  const [, token] = /^bearer +(\S+)$/i.exec(headers["authorization"] ?? "") ?? []
  return token === undefined ? undefined : Redacted.make(token, { label: "token" })
}
