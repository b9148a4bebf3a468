import type { Schema } from "effect"
import type { JsonSchema, Operation } from "../JsonSchema.ts"
import { sampleOf, type Samples } from "../Samples.ts"
import type { Chance } from "./Chance.ts"

const long = "x".repeat(5_000)

/** Texts that have broken programs before. */
export const nastyTexts = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\u0001\u001b[31m",
  "\r\nX-Injected: 1",
  "\ud800",
  "\udfff\ud800",
  "\u202e\u200b\ufeff",
  "🚆".repeat(40),
  "e\u0301".repeat(100),
  "' OR '1'='1",
  "'; DROP TABLE booking; --",
  "\") OR (\"\"=\"",
  "%27%00%25",
  "{a}*?[b]",
  "../../etc/passwd",
  "__proto__",
  "constructor",
  "toString",
  "null",
  "NaN",
  "1e309",
  "-0",
  "0x10",
  "9".repeat(400),
  "2026-02-30",
  "2099-12-31",
  "9999-99-99T99:99:99.999Z~1000000000",
  "1~0000000000",
  "\"1\"",
  "W/\"999999999999999\"",
  "2147483648",
  long
]

const nastyNumbers = [
  0,
  -0,
  -1,
  1.5,
  1e-320,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 53 - 1,
  2 ** 53,
  -(2 ** 53) + 1,
  2 ** 63,
  1e308
]

const prototypeKeys = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "_tag", "then"]

const nested = (depth: number): Schema.Json => {
  let value: Schema.Json = 1
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

const anything = (chance: Chance): Schema.Json =>
  chance.pick<() => Schema.Json>([
    () => null,
    () => true,
    () => chance.pick(nastyNumbers),
    () => chance.pick(nastyTexts),
    () => [],
    () => ({}),
    () => [chance.pick(nastyTexts)],
    () => nested(chance.pick([5, 200, 2_000])),
    () => Array.from({ length: 300 }, () => null)
  ])()

const followed = (schema: JsonSchema, { definitions }: Operation): JsonSchema =>
  schema.$ref === undefined ? schema : definitions[schema.$ref.split("/").at(-1) ?? ""] ?? {}

/** `JSON.parse` makes `__proto__` a property of its own; a literal, or an assignment, would set the prototype. */
const withKey = (object: object, key: string, value: Schema.Json): Schema.Json => {
  const copy = { ...object }
  Object.defineProperty(copy, key, { value, enumerable: true, configurable: true, writable: true })
  return JSON.parse(JSON.stringify(copy))
}

const nearBounds = ({ maximum, minimum }: JsonSchema): ReadonlyArray<number> =>
  [minimum, maximum].flatMap((bound) => bound === undefined ? [] : [bound - 1, bound, bound + 1])

const mutatedLeaf = (value: Schema.Json, schema: JsonSchema, chance: Chance): Schema.Json => {
  const numbers = nearBounds(schema)
  if (numbers.length > 0 && chance.is(0.4)) return chance.pick(numbers)
  if (typeof value === "number" && chance.is(0.3)) return String(value)
  if (typeof value === "string" && chance.is(0.5)) {
    const at = chance.below(value.length + 1)
    const text = chance.pick(nastyTexts)
    return chance.is(0.5) ? text : value.slice(0, at) + text + value.slice(at)
  }
  return anything(chance)
}

/** What is not to be repeated so often that the making of the request takes longer than its answer. */
const isLarge = (value: Schema.Json | undefined): boolean => JSON.stringify(value ?? null).length > 200

/** A value changed somewhere within, mostly so that its schema does not take it. */
export const mutated = (
  value: Schema.Json,
  given: JsonSchema,
  operation: Operation,
  samples: Samples,
  chance: Chance
): Schema.Json => {
  const schema = followed(given, operation)
  if (chance.is(0.08)) return anything(chance)
  if (Array.isArray(value)) {
    const items = schema.items ?? {}
    const first = value[0]
    switch (chance.below(4)) {
      case 0:
        return []
      case 1:
        return Array.from(
          { length: chance.pick([2, 7, isLarge(first) ? 9 : 1_200]) },
          () => first ?? sampleOf(items, operation, samples)
        )
      case 2:
        return [...value, anything(chance)]
      default:
        return first === undefined
          ? [anything(chance)]
          : [mutated(first, items, operation, samples, chance), ...value.slice(1)]
    }
  }
  if (typeof value !== "object" || value === null) return mutatedLeaf(value, schema, chance)
  const keys = Object.keys({ ...schema.properties, ...value })
  if (keys.length === 0 || chance.is(0.15)) return withKey(value, chance.pick(prototypeKeys), anything(chance))
  const key = chance.pick(keys)
  if (chance.is(0.1)) return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
  if (chance.is(0.05)) return withKey(value, key.toUpperCase(), anything(chance))
  const inner = schema.properties?.[key] ?? {}
  const known = new Map<string, Schema.Json>(Object.entries(value)).get(key)
  const old = known === undefined ? sampleOf(inner, operation, samples, key) : known
  return withKey(value, key, mutated(old, inner, operation, samples, chance))
}

/** JSON that is none, or is none any more. */
export const brokenJson = (text: string, chance: Chance): string =>
  chance.pick<() => string>([
    () => text.slice(0, chance.below(text.length + 1)),
    () => text.slice(chance.below(text.length + 1)),
    () => `${text}${text}`,
    () => text.replaceAll("\"", "'"),
    () => text.replace(":", "::"),
    () => `\ufeff${text}`,
    () => `${text},`,
    () => "[".repeat(30_000),
    () => "{\"a\":".repeat(8_000),
    () => " ".repeat(70_000),
    () => `"${"\\ud800".repeat(100)}"`,
    () => "1e999999",
    () => "\u0000",
    () => "NaN"
  ])()
