import { BookingEvent } from "@berth/domain/BookingEvent"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, Effect, Layer, Schema, type Scope } from "effect"
import { Redis } from "effect/persistence"
import * as EffectRedis from "../inventory/EffectRedis.ts"
import { luaScript } from "../inventory/LuaScript.ts"
import { ManagedRedis } from "../inventory/ManagedRedis.ts"
import { EventLog } from "./EventLog.ts"

/** Events that Redis keeps, about; who is further behind reads the record. */
const streamEventsMax = 100_000

const publishScript = luaScript("publish-events-1")

/** The stream of a log in Redis. */
export const eventsKey = (logName: string): string => `redis:EVENTS:${logName}`

/** Fields of an entry: `event` and its text. */
const Entry = Schema.Tuple([
  Schema.String,
  Schema.Tuple([Schema.Literal("event"), Schema.fromJsonString(BookingEvent)])
])
// The one stream that was asked for, and its entries; a map of RESP3, which the client hands on as a list.
const decodeRead = Schema.decodeUnknownEffect(Schema.NullOr(Schema.Tuple([Schema.String, Schema.Array(Entry)])))

/** An entry of which the events do not matter, or that was forgotten while it was pending. */
const Pending = Schema.Tuple([Schema.String, Schema.Unknown])
const decodeTaken = Schema.decodeUnknownEffect(Schema.NullOr(Schema.Tuple([Schema.String, Schema.Array(Pending)])))
const decodeReclaimed = Schema.decodeUnknownEffect(
  Schema.TupleWithRest(Schema.Tuple([Schema.String, Schema.Array(Pending)]), [Schema.Unknown])
)

/** Hears of new events over a connection of its own. */
export interface EventReader {
  /** Events after a number; none where there are none for so long. */
  read(after: number, waitMillis: number): Effect.Effect<ReadonlyArray<BookingEvent>, Redis.RedisError>
}

/** One of a group, each of whom is given other events. */
export interface EventConsumer {
  /** Ids of entries: such as another has had for too long, else new ones; none where there are none for so long. */
  take(waitMillis: number): Effect.Effect<ReadonlyArray<string>, Redis.RedisError>
  /** Has the group forget what nobody of it has been given. */
  readonly skip: Effect.Effect<void, Redis.RedisError>
  /** Says that entries were dealt with. */
  done(ids: ReadonlyArray<string>): Effect.Effect<void, Redis.RedisError>
}

/** Entries that are handed out at once. */
const entriesMax = 500

/** An entry that a consumer has had for so long is given to another: its process has died. */
const abandonedMillis = 30_000

/** The events in Redis: one stream, whose entries have the numbers of the events as ids. */
export class EventStream extends Context.Service<EventStream, {
  /** Adds events that the stream does not have, in their order. */
  publish(events: ReadonlyArray<BookingEvent>): Effect.Effect<void, StoreUnavailable>
  readonly reader: Effect.Effect<EventReader, Redis.RedisError, Scope.Scope>
  /** Joins a group under a name that nobody else has. */
  consumer(group: string, name: string): Effect.Effect<EventConsumer, Redis.RedisError, Scope.Scope>
}>()("@berth/engine/events/EventStream") {
  static readonly layer = Layer.effect(EventStream, Effect.suspend(() => make)).pipe(Layer.provide(EffectRedis.layer))
}

const isThereAlready = ({ cause }: Redis.RedisError): boolean => String(cause).includes("BUSYGROUP")

const makeConsumer = (redis: Redis.Redis["Service"], key: string) =>
  Effect.fnUntraced(function*(group: string, name: string) {
    const { send } = yield* redis.reserve
    const create = send("XGROUP", "CREATE", key, group, "$", "MKSTREAM").pipe(
      Effect.catchIf(isThereAlready, () => Effect.void)
    )
    yield* create
    // Whatever it leaves behind is not waited for: the record says what is still to be done.
    yield* Effect.addFinalizer(() => Effect.ignore(redis.send("XGROUP", "DELCONSUMER", key, group, name)))

    const reclaim = Effect.gen(function*() {
      const reply = yield* send(
        "XAUTOCLAIM",
        key,
        group,
        name,
        String(abandonedMillis),
        "0",
        "COUNT",
        String(entriesMax)
      )
      const [, entries] = yield* Effect.orDie(decodeReclaimed(reply))
      return entries.map(([id]) => id)
    })
    const takeNew = Effect.fnUntraced(function*(waitMillis: number) {
      const count = ["COUNT", String(entriesMax), "BLOCK", String(waitMillis)]
      const reply = yield* send("XREADGROUP", "GROUP", group, name, ...count, "STREAMS", key, ">")
      const [, entries] = (yield* Effect.orDie(decodeTaken(reply))) ?? [key, []]
      return entries.map(([id]) => id)
    })
    const consumer: EventConsumer = {
      take: Effect.fnUntraced(function*(waitMillis) {
        const abandoned = yield* reclaim
        return abandoned.length > 0 ? abandoned : yield* takeNew(waitMillis)
      }),
      skip: Effect.asVoid(send("XGROUP", "SETID", key, group, "$")),
      done: (ids) => ids.length === 0 ? Effect.void : Effect.asVoid(send("XACK", key, group, ...ids))
    }
    return consumer
  })

const make = Effect.gen(function*() {
  const managed = yield* ManagedRedis
  const redis = yield* Redis.Redis
  const key = eventsKey((yield* (yield* EventLog).state).name)

  const publish = Effect.fn("EventStream.publish")(function*(events: ReadonlyArray<BookingEvent>) {
    yield* managed.run(publishScript, [key], [
      streamEventsMax,
      // An event is what its schema encodes it to; a sale tells of thousands a second.
      ...events.flatMap((event) => [event.id, JSON.stringify(event)])
    ])
  })

  const reader = Effect.map(redis.reserve, ({ send }): EventReader => ({
    read: Effect.fnUntraced(function*(after, waitMillis) {
      const count = ["COUNT", String(entriesMax), "BLOCK", String(waitMillis)]
      const reply = yield* send("XREAD", ...count, "STREAMS", key, `${after}-0`)
      const [, entries] = (yield* Effect.orDie(decodeRead(reply))) ?? [key, []]
      return entries.map(([, [, event]]) => event)
    })
  }))

  return EventStream.of({ publish, reader, consumer: makeConsumer(redis, key) })
})
