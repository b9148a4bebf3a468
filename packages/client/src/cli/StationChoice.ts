import type { StationCode } from "@berth/domain/StationCode"
import type { Station } from "@berth/domain/Train"
import { Effect, Option } from "effect"
import type { BookingClient } from "../BookingClient.ts"
import { StationUnknown, WrongValue } from "./CliErrors.ts"

const candidatesShownMax = 5

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

const ambiguous = (text: string, found: ReadonlyArray<Station>) => {
  const shown = found.slice(0, candidatesShownMax).map(({ code, name }) => `${code} (${name})`).join(", ")
  const more = found.length > candidatesShownMax ? " and others" : ""
  return new WrongValue({
    given: `"${text}"`,
    expected: `It may be ${shown}${more}. Give the code of one.`
  })
}

/** The station that was meant, by its code or by a name that no other has. */
export const stationOf = Effect.fnUntraced(function*(client: BookingClient["Service"], text: string) {
  const found = yield* client.stations({ query: text })
  const [first] = found
  if (first === undefined) return yield* new StationUnknown({ text })
  const byCode = found.find(({ code }) => code === text) ?? found.find(({ code }) => same(code, text))
  if (byCode !== undefined) return byCode
  const byName = found.filter(({ name }) => same(name, text))
  const [named] = byName
  if (named !== undefined && byName.length === 1) return named
  return found.length === 1 ? first : yield* ambiguous(text, found)
})

/** The ends of a journey that were given, as their codes. */
export const endsOf = Effect.fnUntraced(function*(
  client: BookingClient["Service"],
  given: { readonly from: Option.Option<string>; readonly to: Option.Option<string> }
) {
  const codeOf = (end: Option.Option<string>) =>
    Option.isNone(end) ? Effect.undefined : Effect.map(stationOf(client, end.value), ({ code }) => code)
  const { from, to } = yield* Effect.all({ from: codeOf(given.from), to: codeOf(given.to) }, { concurrency: 2 })
  const ends: { readonly from?: StationCode; readonly to?: StationCode } = {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to })
  }
  return ends
})
