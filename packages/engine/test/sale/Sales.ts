import type { CurrentUser } from "@berth/domain/Auth"
import type { Booking } from "@berth/domain/Booking"
import type { BookingRequest } from "@berth/domain/BookingRequest"
import { IdempotencyKey } from "@berth/domain/IdempotencyKey"
import { PersonName } from "@berth/domain/PersonName"
import type { Pnr } from "@berth/domain/Pnr"
import { UserId } from "@berth/domain/UserId"
import { Effect, Schema } from "effect"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { holdKey } from "../../src/inventory/RunKeys.ts"
import { AvailabilityReader } from "../../src/sale/AvailabilityReader.ts"
import { Book } from "../../src/sale/Book.ts"
import { Cancel } from "../../src/sale/Cancel.ts"
import { stations, type TestRun } from "../TestEngine.ts"

export const traveller: CurrentUser["Service"] = { userId: UserId.make("traveller"), role: "passenger" }
export const stranger: CurrentUser["Service"] = { userId: UserId.make("stranger"), role: "passenger" }
export const admin: CurrentUser["Service"] = { userId: UserId.make("admin"), role: "admin" }

type Passengers = number | BookingRequest["passengers"]

const party = (passengers: Passengers): BookingRequest["passengers"] => {
  if (typeof passengers !== "number") {
    return passengers
  }
  const one = { name: PersonName.make("Traveller"), age: 30 }
  return [one, ...Array.from({ length: passengers - 1 }, () => one)]
}

export interface Asked {
  readonly passengers?: Passengers
  /** Legs of the journey; the whole route where absent. */
  readonly legs?: readonly [number, number]
  readonly quota?: BookingRequest["quota"]
  readonly travelClass?: BookingRequest["travelClass"]
  readonly conditions?: BookingRequest["conditions"]
  readonly payment?: BookingRequest["payment"]
  readonly key?: string
  readonly caller?: CurrentUser["Service"]
}

export const requestOf = (run: TestRun, asked: Asked): BookingRequest => {
  const from = asked.legs && stations[asked.legs[0]]
  const to = asked.legs && stations[asked.legs[1]]
  return {
    trainId: run.trainId,
    date: run.date,
    travelClass: asked.travelClass ?? "SL",
    quota: asked.quota ?? "GN",
    passengers: party(asked.passengers ?? 1),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(asked.payment === undefined ? {} : { payment: asked.payment }),
    ...(asked.conditions === undefined ? {} : { conditions: asked.conditions })
  }
}

export const book = Effect.fnUntraced(function*(run: TestRun, asked: Asked = {}) {
  return yield* (yield* Book).book({
    caller: asked.caller ?? traveller,
    request: requestOf(run, asked),
    key: asked.key === undefined ? undefined : IdempotencyKey.make(asked.key)
  })
})

export const cancel = Effect.fnUntraced(function*(pnr: Pnr, passengers?: ReadonlyArray<number>) {
  return yield* (yield* Cancel).cancel({ caller: traveller, pnr, passengers })
})

/** Berths free in a quota of the sleeper class, on the whole route or between stops. */
export const free = Effect.fnUntraced(function*(run: TestRun, legs?: readonly [number, number], quota = "GN") {
  const from = legs && stations[legs[0]]
  const to = legs && stations[legs[1]]
  const { classes } = yield* (yield* AvailabilityReader).availability({
    trainId: run.trainId,
    date: run.date,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to })
  })
  return classes.find(({ travelClass }) => travelClass === "SL")?.quotas.find((pool) => pool.quota === quota)?.free ?? 0
})

export const seatsOf = ({ passengers }: Booking): ReadonlyArray<string | undefined> =>
  passengers.map(({ seat }) => seat)

export const waitlistOf = ({ passengers }: Booking) => passengers.map(({ waitlist }) => waitlist?.atBooking)

const decodeHolds = Schema.decodeUnknownEffect(Schema.Array(Schema.String))

/** Lets the time of every hold of a run be over, long ago. */
export const makeHoldsOverdue = Effect.fnUntraced(function*(run: TestRun) {
  const redis = yield* ManagedRedis
  const fields = yield* decodeHolds(yield* redis.send("HGETALL", holdKey(run)))
  for (let n = 0; n < fields.length; n += 2) {
    const [field = "", value = ""] = fields.slice(n, n + 2)
    if (/^(?:held|waiting)\|/.test(value)) {
      yield* redis.send("HSET", holdKey(run), field, value.replace(/\|\d+\|/, "|1|"))
    }
  }
})
