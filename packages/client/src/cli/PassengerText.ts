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
  const [, name, age, rest = ""] = /^(.+?),\s*(\d{1,3})\s*((?:,[^,]*){0,2})$/u.exec(text) ?? []
  if (name === undefined) return yield* wrong(form)
  const wishes = rest.split(",").slice(1).map((part) => part.trim().toUpperCase())
  const berths = wishes.filter(isBerth)
  const genders = wishes.filter(isGender)
  if (berths.length > 1 || genders.length > 1 || berths.length + genders.length < wishes.length) {
    return yield* wrong(form)
  }
  const [berth] = berths
  const [gender] = genders
  return yield* decode({
    name: name.trim(),
    age: Number(age),
    ...(berth === undefined ? {} : { berth }),
    ...(gender === undefined ? {} : { gender })
  }).pipe(Effect.mapError(({ issue }) => wrong(Option.getOrElse(firstIssue(issue), () => form))))
})

const firstIssue = (issue: SchemaIssue.Issue): Option.Option<string> =>
  Option.map(
    Option.fromUndefinedOr(formatIssue(issue).issues[0]),
    ({ message, path = [] }) => `${path.map(String).join(".")}: ${message}.`
  )
