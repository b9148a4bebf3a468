import type { Operation } from "../JsonSchema.ts"
import { type Filled, filled, headersOf, type Samples, targetOf } from "../Samples.ts"
import type { Chance } from "./Chance.ts"
import { mutated, nastyTexts } from "./Mutations.ts"

/** The server and what is true of it. */
export interface Aim {
  readonly url: URL
  readonly grpcUrl: string
  readonly samples: Samples
  readonly admin: string
  /** Any of them may lose its account on the way. */
  readonly passengers: ReadonlyArray<string>
}

/** Calls that may end the account of whoever makes them; an admin's end would be that of the whole run. */
const endsCaller = /DELETE|sign-out|password|totp|grantRole|\/roles\/|Erase/

/** The `Authorization` of a request: mostly one that gets it further. */
export const authorization = ({ name }: Operation, { admin, passengers }: Aim, chance: Chance): string | undefined => {
  const passenger = chance.pick(passengers)
  const good = `Bearer ${endsCaller.test(name) ? passenger : admin}`
  if (chance.is(0.88)) return good
  if (chance.is(0.2)) return undefined
  return chance.pick([
    "",
    "Bearer",
    "Bearer  ",
    `Basic ${admin}`,
    `Bearer ${admin}x`,
    `${good}, ${good}`,
    `Bearer berth_${"A".repeat(43)}`,
    `bearer\t${passenger}`,
    "Bearer ' OR 1=1 --",
    `Bearer ${"x".repeat(8_000)}`
  ])
}

const isHeaderText = /^[\t\x20-\x7e\x80-\xff]*$/

const oddHeaders = (chance: Chance): Readonly<Record<string, string>> => {
  const value = chance.pick([...nastyTexts, "gzip", "chunked;q=1", "*/*;q=x", "bytes=0-", "W/\"x\"", "{}"])
  const name = chance.pick([
    "x-request-id",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "accept",
    "accept-encoding",
    "content-encoding",
    "origin",
    "cookie",
    "traceparent",
    "b3",
    "x-forwarded-for",
    "x-http-method-override",
    "range",
    "berth-rpc-version",
    "connect-timeout-ms",
    "connect-protocol-version",
    "grpc-timeout"
  ])
  return isHeaderText.test(value) ? { [name]: value } : {}
}

/** Headers that every request of a door carries, now and then with an odd one. */
export const headersFor = (
  operation: Operation,
  aim: Aim,
  contentType: string,
  chance: Chance
): Record<string, string> => {
  const token = authorization(operation, aim, chance)
  const type = chance.is(0.04)
    ? chance.pick(["text/csv", "application/xml", "", "application/json; charset=utf-16", "multipart/form-data"])
    : contentType
  return {
    "content-type": type,
    ...(token === undefined ? {} : { authorization: token }),
    ...(chance.is(0.15) ? oddHeaders(chance) : {})
  }
}

/** A call changed in one or two places. */
export const aimed = (operation: Operation, { samples }: Aim, chance: Chance): Filled => {
  const good = filled(operation, samples)
  const change = (given: Filled): Filled => {
    const parameters = operation.parameters
    if (given.body !== undefined && operation.body !== undefined && (parameters.length === 0 || chance.is(0.7))) {
      return { ...given, body: mutated(given.body, operation.body, operation, samples, chance) }
    }
    if (parameters.length === 0) return given
    const { in: place, name, schema } = chance.pick(parameters)
    const part = place === "header" ? "headers" : place
    const { [name]: old, ...others } = given[part]
    const gone = place !== "path" && chance.is(0.1)
    const value = mutated(old ?? samples[name] ?? "a", schema, operation, samples, chance)
    return { ...given, [part]: gone ? others : { ...others, [name]: value } }
  }
  return chance.is(0.25) ? change(change(good)) : change(good)
}

const percentEncoded = (text: string): string =>
  Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")

const texts = (values: Filled["path"]) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === "string" ? value.toWellFormed() : value])
  )

/** A target that may go on the wire, whatever its values are. */
export const wireTarget = (operation: Operation, given: Filled, chance: Chance): string => {
  const target = targetOf(operation, { ...given, path: texts(given.path), query: texts(given.query) })
  if (chance.is(0.95)) return target.slice(0, 12_000)
  return chance.pick([
    `${target}%`,
    `${target}%zz`,
    `${target}?a=%00&a=%ed%a0%80`,
    `${target}/`,
    `/${target}`,
    `${target}/..;/`,
    `/${target.slice(1).replaceAll("/", "%2f")}`,
    target.replaceAll("/", "/./"),
    `${target}?${percentEncoded(chance.pick(nastyTexts)).slice(0, 3_000)}=1`,
    `${target}&__proto__[a]=1&constructor=2`,
    `${target}?${"a=1&".repeat(2_000)}`,
    `http://elsewhere.example${target}`
  ])
}

/** The call's own headers, those that may go on the wire. */
export const wireHeaders = (given: Filled): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headersOf(given)).filter(([, value]) => isHeaderText.test(value)))
