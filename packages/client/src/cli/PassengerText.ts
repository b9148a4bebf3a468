import { BerthType } from "@berth/domain/BerthType"
import { Gender, PassengerRequest } from "@berth/domain/Passenger"
import { Effect, Option, Schema, SchemaIssue } from "effect"
import { WrongValue } from "./CliErrors.ts"

const form =
  "Write NAME,AGE and then if wanted a berth (LB, MB, UB, SL, SU, WS, MS, AS) and M, F or T: \"Asha Rao,34,LB\"."

const isBerth = Schema.is(BerthType)
const isGender = Schema.is(Gender)
const decode = Schema.decodeUnknownEffect(PassengerRequest)
const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

/** Reads `Asha Rao,34,LB,F`: a name, which may have commas of its own, an age, and in any order a berth and a gender. */
export const parsePassenger = Effect.fnUntraced(function*(text: string) {
  const wrong = (expected: string) => new WrongValue({ given: `--passenger "${text}"`, expected })
  const parts = text.split(",").map((part) => part.trim())
  const age = parts.findIndex((part) => /^\d{1,3}$/.test(part))
  const wishes = parts.slice(age + 1).map((part) => part.toUpperCase())
  const berths = wishes.filter(isBerth)
  const genders = wishes.filter(isGender)
  if (age < 1 || berths.length > 1 || genders.length > 1 || berths.length + genders.length < wishes.length) {
    return yield* wrong(form)
  }
  const [berth] = berths
  const [gender] = genders
  return yield* decode({
    name: parts.slice(0, age).join(", "),
    age: Number(parts[age]),
    ...(berth === undefined ? {} : { berth }),
    ...(gender === undefined ? {} : { gender })
  }).pipe(Effect.mapError(({ issue }) => wrong(Option.getOrElse(firstIssue(issue), () => form))))
})

const firstIssue = (issue: SchemaIssue.Issue): Option.Option<string> =>
  Option.map(
    Option.fromUndefinedOr(formatIssue(issue).issues[0]),
    ({ message, path = [] }) => `${path.map(String).join(".")}: ${message}.`
  )
