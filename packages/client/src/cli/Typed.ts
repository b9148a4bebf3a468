import { EventCursor } from "@berth/domain/EventCursor"
import { Pnr } from "@berth/domain/Pnr"
import { QuotaInput } from "@berth/domain/Quota"
import { TrainId } from "@berth/domain/TrainId"
import { Effect, Option, Schema } from "effect"
import { WrongValue } from "./CliErrors.ts"

const reader = <S extends Schema.ConstraintDecoder<unknown>>(schema: S, what: string, expected: string) => {
  const decode = Schema.decodeUnknownOption(schema)
  return (text: string) =>
    Effect.mapError(Effect.fromOption(decode(text)), () => new WrongValue({ given: `${what} "${text}"`, expected }))
}

/** Values of the domain as they are typed; what cannot be one is refused before the server is asked. */
export const trainIdOf = reader(TrainId, "The train", "A train's number is 1 to 32 letters, digits, dots, _ or -.")
export const pnrOf = reader(Pnr, "The PNR", "A PNR is ten digits, the first not 0.")

const cursor = reader(EventCursor, "The cursor", "Give the id of the last event that you have seen.")
export const maybeCursorOf = (text: Option.Option<string>) =>
  Option.isNone(text) ? Effect.undefined : cursor(text.value)

const quota = reader(QuotaInput, "The quota", "Give a code such as GN, TQ, LD, SS or HP.")
export const quotaOf = (text: string) => quota(text.toUpperCase())
export const maybeQuotaOf = (text: Option.Option<string>) =>
  Option.isNone(text) ? Effect.undefined : quotaOf(text.value)
