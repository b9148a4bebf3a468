import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { BookingCommits } from "../../src/ledger/BookingCommits.ts"
import type { NewBooking } from "../../src/ledger/NewBooking.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { bookingOf } from "../ledger/NewBookings.ts"
import { engine, openTrain, sleepers, type TestRun } from "../TestEngine.ts"

const open = openTrain({ stops: 3, pools: sleepers({ LB: 4 }) })

const commit = Effect.fnUntraced(
  function*(run: TestRun, slots: ReadonlyArray<number>, changes: Partial<NewBooking> = {}) {
    return (yield* (yield* BookingCommits).commit(yield* bookingOf(run, slots, changes))).outcome
  }
)

const decodeText = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ text: Schema.String })]))
const decodeCount = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ count: Schema.Int })]))

/** `commit_seated` writes a batch in which nothing is amiss; what it refuses goes to `commit_bookings`. */
const commits = ["commit_seated", "commit_bookings"] as const

/** Runs an effect while one of the commits of bookings has not one of its guards. */
const without = Effect.fnUntraced(function*<A, E, R>(
  of: typeof commits[number],
  guard: string,
  instead: string,
  effect: Effect.Effect<A, E, R>
) {
  const sql = yield* SqlClient.SqlClient
  const [{ text }] = yield* decodeText(
    yield* sql`SELECT pg_get_functiondef(oid) AS text FROM pg_proc WHERE proname = ${of}`
  )
  const changed = text.replace(guard, instead)
  assert.notStrictEqual(changed, text, `the commit has not the guard that is taken away: ${guard}`)
  return yield* Effect.acquireUseRelease(sql.unsafe(changed), () => effect, () => Effect.orDie(sql.unsafe(text)))
})

const overlaps = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [{ count }] = yield* decodeCount(
    yield* sql`SELECT count(*)::int AS count FROM sale a JOIN sale b
      ON a.id < b.id AND a.berth = b.berth AND a.places && b.places AND a.legs && b.legs WHERE a.active AND b.active`
  )
  return count
})

/** What Redis says otherwise of a run than the record. */
const drift = (run: TestRun) =>
  Effect.map(
    Effect.flatMap(Audit, ({ auditRuns }) => auditRuns([run.id])),
    ({ differences }) => differences.filter(({ within }) => within === "Redis").map(({ subject }) => subject)
  )

/** A booking of berths that this Redis has not given, committed on a run of its own. */
const unknownToRedis = (changes: Partial<NewBooking>) =>
  Effect.gen(function*() {
    const run = yield* open
    return { outcome: yield* commit(run, [0], changes), drift: yield* drift(run) }
  })

const services = Audit.layer.pipe(Layer.provideMerge(engine))

layer(services, { excludeTestServices: true, timeout: "60 seconds" })("without a guard of the commit", (it) => {
  it.effect("fence: what an epoch gave that has passed is sold, and Redis offers it", () =>
    Effect.gen(function*() {
      const earlier = unknownToRedis({ epoch: 0 })
      assert.deepStrictEqual(yield* earlier, { outcome: "fenced", drift: [] })
      const sold = { outcome: "committed", drift: ["SL: berths taken"] }
      assert.deepStrictEqual(yield* without("commit_seated", "r.epoch = b.epoch", "true", earlier), sold)
      assert.deepStrictEqual(yield* without("commit_bookings", "r.epoch = b.\"epoch\"", "true", earlier), sold)
    }))

  it.effect("deadline: what was held too long ago is sold, and Redis has given it to others", () =>
    Effect.gen(function*() {
      const late = unknownToRedis({ deadlineMillis: Date.UTC(2000, 0, 1) })
      assert.deepStrictEqual(yield* late, { outcome: "late", drift: [] })
      for (const each of commits) {
        const sold = yield* without(each, "b.deadline < at", "false", late)
        assert.deepStrictEqual(sold, { outcome: "committed", drift: ["SL: berths taken"] })
      }
    }))
})

const decodeWaiting = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ waiting: Schema.Int })]))

/** Two parties want the same two berths, each named in another order, and both stand still between the two. */
const crossed = Effect.fnUntraced(function*(outcomeOf: (batch: ReadonlyArray<NewBooking>) => Effect.Effect<string>) {
  const sql = yield* SqlClient.SqlClient
  const run = yield* open
  const paused = yield* Deferred.make<void>()
  const goOn = yield* Deferred.make<void>()
  const holder = yield* Effect.forkChild(sql.withTransaction(Effect.gen(function*() {
    yield* sql`SELECT pg_advisory_xact_lock(-77)`
    yield* Deferred.succeed(paused, undefined)
    yield* Deferred.await(goOn)
  })))
  yield* Deferred.await(paused)
  const parties = [yield* bookingOf(run, [0, 3]), yield* bookingOf(run, [3, 0])]
  const fibers = yield* Effect.forEach(parties, (party) => Effect.forkChild(outcomeOf([party])))
  yield* Effect.repeat(
    sql`SELECT count(*)::int AS waiting FROM pg_locks WHERE NOT granted`.pipe(Effect.flatMap(decodeWaiting)),
    { until: ([{ waiting }]) => waiting === 2 }
  )
  yield* Deferred.succeed(goOn, undefined)
  yield* Fiber.join(holder)
  return (yield* Effect.forEach(fibers, Fiber.join)).toSorted()
})

layer(engine, { excludeTestServices: true, timeout: "60 seconds" })("without the order of the berths", (it) => {
  it.effect("two parties that want the same berths kill each other; in order one of them waits", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      // Whoever writes a second sale stands still before it for as long as somebody has the lock.
      yield* sql`CREATE FUNCTION stand_still() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF current_setting('berth.test_sale', true) = pg_current_xact_id()::text THEN
            PERFORM pg_advisory_xact_lock_shared(-77);
          END IF;
          PERFORM set_config('berth.test_sale', pg_current_xact_id()::text, true);
          RETURN NEW;
        END
        $$`
      yield* sql`CREATE TRIGGER stand_still BEFORE INSERT ON sale FOR EACH ROW EXECUTE FUNCTION stand_still()`
      const write = (batch: ReadonlyArray<NewBooking>) => {
        const rows = JSON.stringify(batch.map(({ deadlineMillis, ...booking }) => ({
          ...booking,
          deadline: new Date(deadlineMillis).toISOString()
        })))
        return sql`SELECT outcome AS text FROM commit_bookings(${rows}::text::jsonb)`.pipe(
          Effect.flatMap(decodeText),
          Effect.map(([{ text }]) => text),
          Effect.catchReason("SqlError", "DeadlockError", () => Effect.succeed("deadlock")),
          Effect.orDie
        )
      }
      assert.deepStrictEqual(yield* crossed(write), ["committed", "taken"])
      const killed = yield* without(
        "commit_bookings",
        "ORDER BY w.berth, lower(w.legs)",
        "ORDER BY w.number",
        crossed(write)
      )
      assert.deepStrictEqual(killed, ["committed", "deadlock"])
    }))
})

layer(engine, { excludeTestServices: true, timeout: "60 seconds" })("without the exclusion constraint", (it) => {
  it.effect("a berth is sold twice", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const run = yield* open
      assert.strictEqual(yield* commit(run, [0]), "committed")
      assert.strictEqual(yield* commit(run, [0]), "taken")
      assert.strictEqual(yield* overlaps, 0)
      const [{ text: name }] = yield* decodeText(
        yield* sql`SELECT conname AS text FROM pg_constraint WHERE conrelid = 'sale'::regclass AND contype = 'x'`
      )
      yield* sql`ALTER TABLE sale DROP CONSTRAINT ${sql(name)}`
      assert.strictEqual(yield* commit(run, [0]), "committed")
      assert.strictEqual(yield* overlaps, 1)
    }))
})
