import type { Schema } from "effect"
import type { JsonSchema, Operation } from "./JsonSchema.ts"

/** Values that the server's schemas take, by the name of a schema or of a field. */
export type Samples = Readonly<Record<string, Schema.Json>>

/** Good values for whatever has a form of its own; `pnr` and `userId` are those of a booking that is there. */
export const makeSamples = (
  { date, pnr, userId }: { readonly date: string; readonly pnr: string; readonly userId: string }
): Samples => ({
  date,
  pnr,
  userId,
  trainId: "101",
  after: "101",
  from: "AAA",
  to: "CCC",
  // Of a run from a day, not from a station.
  "GET /api/admin/trains/{trainId}/runs from": date,
  "Runs from": date,
  travelClass: "SL",
  quota: "GN",
  name: "Example",
  namePrefix: "Ex",
  age: 30,
  gender: "F",
  berth: "LB",
  lowerBerthsMin: 0,
  passengers: [{ name: "Example", age: 30 }],
  "POST /api/bookings/{pnr}/cancel passengers": [1],
  "Cancel passengers": [1],
  // Those that the train has, so that nobody's berth is withdrawn.
  pools: ["LB", "UB"].map((berth) => ({ travelClass: "SL", quota: "GN", berth, seatCount: 36 })),
  version: 1,
  "if-match": "\"1\"",
  "idempotency-key": "sample-key",
  idempotencyKey: "sample-key",
  email: "nobody@example.org",
  password: "correct horse battery staple",
  newPassword: "wrong horse battery staple",
  currentPassword: "correct horse battery staple",
  role: "passenger",
  code: "123456",
  id: "1",
  "RemoveWebhook id": 1,
  "DeadLetters id": 1,
  "ReplayDeadLetters id": 1,
  "last-event-id": "0",
  // A name that never leads anywhere.
  url: "https://webhook.invalid/"
})

/** Optional fields without which the call says nothing. */
const wanted = new Set(["age"])

const followed = (schema: JsonSchema, { definitions }: Operation): JsonSchema => {
  const target = schema.$ref === undefined ? undefined : definitions[schema.$ref.split("/").at(-1) ?? ""]
  return target === undefined ? schema : target
}

/** A value that a schema takes, with what it needs and no more. */
export const sampleOf = (given: JsonSchema, operation: Operation, samples: Samples, name = ""): Schema.Json => {
  const schema = followed(given, operation)
  const known = samples[`${operation.name} ${name}`] ?? samples[name]
  if (known !== undefined) return known
  const [choice] = [...schema.anyOf ?? [], ...schema.oneOf ?? []]
  if (choice !== undefined) return sampleOf(choice, operation, samples, name)
  if (schema.enum?.[0] !== undefined) return schema.enum[0]
  switch (schema.type) {
    case "object":
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([key]) => schema.required?.includes(key) === true || wanted.has(key))
          .map(([key, inner]) => [key, sampleOf(inner, operation, samples, key)])
      )
    case "array":
      return schema.prefixItems === undefined
        ? []
        : schema.prefixItems.map((inner) => sampleOf(inner, operation, samples, name))
    case "integer":
    case "number":
      return Math.max(schema.minimum ?? 1, Math.min(1, schema.maximum ?? 1))
    case "boolean":
      return false
    case "null":
      return null
    default:
      return "a"
  }
}

/** What a call is made with. */
export interface Filled {
  readonly path: Readonly<Record<string, Schema.Json>>
  readonly query: Readonly<Record<string, Schema.Json>>
  readonly headers: Readonly<Record<string, Schema.Json>>
  readonly body: Schema.Json | undefined
}

/** A call that the server can read. */
export const filled = (operation: Operation, samples: Samples): Filled => {
  const place = (where: "path" | "query" | "header") =>
    Object.fromEntries(
      operation.parameters.filter((parameter) => parameter.in === where && (parameter.required || where === "header"))
        .map(({ name, schema }) => [name, sampleOf(schema, operation, samples, name)])
    )
  return {
    path: place("path"),
    query: place("query"),
    headers: place("header"),
    body: operation.body === undefined ? undefined : sampleOf(operation.body, operation, samples)
  }
}

export const textOf = (value: Schema.Json): string => typeof value === "string" ? value : JSON.stringify(value)

/** The path and query of a call. */
export const targetOf = ({ path }: Operation, { path: params, query }: Filled): string => {
  const target = path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(textOf(params[name] ?? "")))
  const texts = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, textOf(value)]))
  const search = new URLSearchParams(texts).toString()
  return search === "" ? target : `${target}?${search}`
}

/** Headers as texts. */
export const headersOf = ({ headers }: Filled): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, textOf(value)]))
