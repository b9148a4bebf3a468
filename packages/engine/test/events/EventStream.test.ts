import { assert, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { EventLog } from "../../src/events/EventLog.ts"
import { EventPublisher } from "../../src/events/EventPublisher.ts"
import { eventsKey, EventStream } from "../../src/events/EventStream.ts"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { book } from "../sale/Sales.ts"
import { engine, openTrain, sleepers } from "../TestEngine.ts"

const publish = Effect.flatMap(EventPublisher, (publisher) => publisher.publish)

const soon = 1_000
const atOnce = 1

const key = Effect.flatMap(EventLog, (log) => Effect.map(log.state, ({ name }) => eventsKey(name)))

const decodePending = Schema.decodeUnknownEffect(Schema.TupleWithRest(Schema.Tuple([Schema.Int]), [Schema.Unknown]))

layer(engine, { excludeTestServices: true, timeout: "60 seconds" })("the members of a group", (it) => {
  it.effect("are given each event once, and what one of them has had for too long goes to another", () =>
    Effect.scoped(Effect.gen(function*() {
      const redis = yield* ManagedRedis
      const stream = yield* EventStream
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 2 }) })
      const first = yield* stream.consumer("group", "first")
      const second = yield* stream.consumer("group", "second")
      yield* book(run)
      yield* publish
      const taken = yield* first.take(soon)
      assert.strictEqual(taken.length, 1)
      assert.deepEqual(yield* second.take(atOnce), [])
      // As if it had been a minute ago.
      yield* redis.send("XCLAIM", yield* key, "group", "first", 0, ...taken, "IDLE", 60_000)
      assert.deepEqual(yield* second.take(atOnce), taken)
      yield* second.done(taken)
      const [pending] = yield* decodePending(yield* redis.send("XPENDING", yield* key, "group"))
      assert.strictEqual(pending, 0)
      yield* book(run)
      yield* publish
      assert.strictEqual((yield* second.take(soon)).length, 1)
    })))
})
