import { Booking } from "@berth/domain/Booking"
import { BookingRequest } from "@berth/domain/BookingRequest"
import { IdempotencyKey } from "@berth/domain/IdempotencyKey"
import type { TravelClass } from "@berth/domain/TravelClass"
import { Effect, Option, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import type { BookError } from "../../CallErrors.ts"
import { BookingUnsure, WrongValue } from "../CliErrors.ts"
import { answer } from "../Documents.ts"
import { exitStatus, exitStatusOf } from "../ExitStatus.ts"
import { Invocation } from "../Invocation.ts"
import { parsePassenger } from "../PassengerText.ts"
import { withProgress } from "../Progress.ts"
import { client } from "../Session.ts"
import { endsOf } from "../StationChoice.ts"
import { ticket, tripOf } from "../Ticket.ts"
import { quotaOf, trainIdOf } from "../Typed.ts"
import { runDay } from "../WantedDay.ts"
import type { JourneyInput } from "./Availability.ts"

interface BookInput extends JourneyInput {
  readonly travelClass: TravelClass
  readonly passengers: ReadonlyArray<string>
  readonly quota: string
  readonly onlyIfConfirmed: boolean
  readonly sameCoach: boolean
  readonly lowerBerthsMin: Option.Option<number>
  readonly key: Option.Option<string>
}

const decodeKey = Schema.decodeUnknownEffect(IdempotencyKey)
const decodeRequest = Schema.decodeUnknownEffect(BookingRequest)

const newKey = Effect.flatMap(SecureRandom.SecureRandom, (random) => random.uuidV4()).pipe(
  Effect.map((uuid) => IdempotencyKey.make(uuid)),
  Effect.provide(SecureRandom.layerWebCrypto)
)

const keyOf = (given: Option.Option<string>) =>
  Option.isNone(given)
    ? newKey
    : Effect.mapError(
      decodeKey(given.value),
      () => new WrongValue({ given: "--idempotency-key", expected: "A key is 1 to 128 printable ASCII characters." })
    )

const conditionsOf = (input: BookInput) => ({
  ...(input.onlyIfConfirmed ? { onlyIfConfirmed: true } : {}),
  ...(input.sameCoach ? { sameCoach: true } : {}),
  ...(Option.isSome(input.lowerBerthsMin) ? { lowerBerthsMin: input.lowerBerthsMin.value } : {})
})

/** The party's wish without its journey; what cannot be one is refused before the server is asked. */
const wishOf = Effect.fnUntraced(function*(input: BookInput) {
  const conditions = conditionsOf(input)
  return {
    trainId: yield* trainIdOf(input.trainId),
    travelClass: input.travelClass,
    quota: yield* quotaOf(input.quota),
    passengers: yield* Effect.forEach(input.passengers, parsePassenger),
    ...(Object.keys(conditions).length === 0 ? {} : { conditions })
  }
})

const requestOf = (wish: object) =>
  Effect.mapError(
    decodeRequest(wish),
    ({ message }) => new WrongValue({ given: "The booking", expected: `${message}.` })
  )

/** A call without a usable answer may have booked: whoever repeats it needs the key. */
const withKey = (key: IdempotencyKey) => (error: BookError) => {
  const status = exitStatusOf(error)
  return status === exitStatus.unavailable || status === exitStatus.notUnderstood
    ? new BookingUnsure({ problem: error.message, key, exitStatus: status })
    : error
}

export const run = Effect.fnUntraced(function*(input: BookInput) {
  const berth = yield* client
  const wish = yield* wishOf(input)
  const idempotencyKey = yield* keyOf(input.key)
  const booking = yield* withProgress("Booking")(Effect.gen(function*() {
    const date = yield* runDay(berth, wish.trainId, input.date)
    const request = yield* requestOf({ ...wish, date, ...(yield* endsOf(berth, input)) })
    return yield* berth.book({ request, idempotencyKey }).pipe(Effect.mapError(withKey(idempotencyKey)))
  }))
  const { json } = yield* Invocation
  const trip = json ? Option.none() : yield* tripOf(berth, booking)
  yield* answer(Booking, booking, (width) => ticket(booking, trip, width))
}, Effect.scoped)
