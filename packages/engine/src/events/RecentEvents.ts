import type { BookingEvent } from "@berth/domain/BookingEvent"
import { Context, Deferred, Effect, Latch, Layer, type Scope } from "effect"
import { EventLog } from "./EventLog.ts"
import { type EventReader, EventStream } from "./EventStream.ts"

/** Events kept in memory, a few hundred bytes each. */
const recentMax = 10_000

/** Events read from the record at once. */
const pageMax = 1_000

/** How long Redis is listened to before the record is asked whether Redis has missed something. */
const listenMillis = 2_000

/** How often the record is asked while Redis is away. */
const pollEvery = "1 second"

const numberOf = ({ id }: BookingEvent): number => Number(id)

/** All events after one number up to another. */
export interface Recent {
  readonly start: number
  readonly end: number
  readonly events: ReadonlyArray<BookingEvent>
}

const extended = ({ end, events, start }: Recent, added: ReadonlyArray<BookingEvent>): Recent => {
  const all = [...events, ...added]
  const [forgotten] = all.slice(0, -recentMax).slice(-1)
  const [newest] = added.slice(-1)
  return {
    start: forgotten === undefined ? start : numberOf(forgotten),
    end: newest === undefined ? end : numberOf(newest),
    events: all.slice(-recentMax)
  }
}

/** Whether events follow a number without a gap. */
const follow = (end: number, events: ReadonlyArray<BookingEvent>): boolean =>
  events.length > 0 && events.every((event, index) => numberOf(event) === end + 1 + index)

/**
 * The newest events of all bookings, once for all in this process who follow some. Redis tells them as they are published;
 * their numbers have no gaps, so what Redis has lost is noticed and read from the record.
 */
export class RecentEvents extends Context.Service<RecentEvents, {
  /** Keeps the memory filled for as long as the scope lives. */
  readonly listening: Effect.Effect<void, never, Scope.Scope>
  /** None before it was first looked how far the record is. */
  now(): Recent | undefined
  /** Done when there are events after this number, of whomever. */
  past(seen: number): Effect.Effect<void>
}>()("@berth/engine/events/RecentEvents") {
  static readonly layer = Layer.effect(RecentEvents, Effect.suspend(() => make))
}

const make = Effect.gen(function*() {
  const log = yield* EventLog
  const stream = yield* EventStream
  const somebodyListens = yield* Latch.make(false)
  let listeners = 0
  let recent: Recent | undefined
  let changed = Deferred.makeUnsafe<void>()

  const remember = (next: Recent): void => {
    const told = changed
    changed = Deferred.makeUnsafe()
    recent = next
    Deferred.doneUnsafe(told, Effect.void)
  }

  const begin = Effect.map(log.state, ({ lastId }) => {
    const known: Recent = { start: lastId, end: lastId, events: [] }
    remember(known)
    return known
  })

  /** Waits for what comes, by Redis where it is there. */
  const look = Effect.fnUntraced(function*(reader: EventReader | undefined) {
    const known = recent ?? (yield* begin)
    const heard = reader === undefined
      ? yield* Effect.as(Effect.sleep(pollEvery), [])
      : yield* reader.read(known.end, listenMillis)
    const added = follow(known.end, heard) ? heard : yield* log.page({ after: known.end, max: pageMax })
    if (added.length > 0) remember(extended(known, added))
  })

  const whileHeard = <E, R>(self: Effect.Effect<void, E, R>) => Effect.repeat(self, { while: () => listeners > 0 })

  const listen = Effect.scoped(Effect.flatMap(stream.reader, (reader) => whileHeard(look(reader)))).pipe(
    Effect.catchTag("RedisError", () => look(undefined)),
    Effect.catchTag("StoreUnavailable", () => Effect.sleep(pollEvery)),
    Effect.catchCause((cause) =>
      Effect.andThen(Effect.logError("Could not listen for events", cause), Effect.sleep(pollEvery))
    ),
    whileHeard
  )
  const forget = Effect.sync(() => {
    recent = undefined
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(somebodyListens.await, Effect.andThen(listen, forget))))

  const enter = Effect.sync(() => {
    listeners++
    somebodyListens.openUnsafe()
  })
  const leave = Effect.sync(() => {
    listeners--
    if (listeners === 0) somebodyListens.closeUnsafe()
  })
  const past = (seen: number): Effect.Effect<void> =>
    Effect.suspend(() =>
      recent !== undefined && recent.end > seen ? Effect.void : Effect.andThen(Deferred.await(changed), past(seen))
    )

  return RecentEvents.of({
    listening: Effect.acquireRelease(enter, () => leave),
    now: () => recent,
    past
  })
})
