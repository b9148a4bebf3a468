import { UserId } from "@berth/domain/UserId"
import { EventFeed } from "@berth/engine/events/EventFeed"
import { EventLog } from "@berth/engine/events/EventLog"
import { EventStream } from "@berth/engine/events/EventStream"
import { Webhooks } from "@berth/engine/events/Webhooks"
import { ManagedRedis } from "@berth/engine/inventory/ManagedRedis"
import { makeRecentSnapshots } from "@berth/engine/inventory/RecentSnapshots"
import { RunEpochs } from "@berth/engine/ledger/RunEpochs"
import { Cancel } from "@berth/engine/sale/Cancel"
import { Audit } from "@berth/engine/seeding/Audit"
import { SeatConfigs } from "@berth/engine/timetable/SeatConfigs"
import { Tokens } from "@berth/server/Tokens"
import { assert, layer } from "@effect/vitest"
import { Effect, Option, Redacted, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { databaseAs, type Role, Stores } from "./LeastPrivilege.ts"
import { book, caller, free, isOpen, onScheduler, onServer, processes, trainId, until } from "./PrivilegedProcesses.ts"
import { readProjectFile } from "./ProjectFiles.ts"

/** What PostgreSQL says to a statement of a role. */
const refusal = (role: Role, statement: string) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const error = yield* Effect.flip(sql.unsafe(statement))
    return String(error.reason.cause)
  }).pipe(Effect.provide(databaseAs(role)))

/** What Redis says to a command. */
const refusalOf = (command: string, ...args: ReadonlyArray<string>) =>
  Effect.flatMap(ManagedRedis, (redis) => Effect.flip(redis.sendPlain<string>(command, ...args)))

layer(processes, { timeout: "90 seconds", excludeTestServices: true })(
  "roles with no more rights than they need",
  (it) => {
    it.effect("sell, cancel, promote, edit while it goes on, and rebuild", () =>
      Effect.gen(function*() {
        yield* until(isOpen)
        const parties = yield* Effect.all(Array.from({ length: 5 }, () => book(6)))
        assert.isTrue(parties.every(({ status }) => status === "CONFIRMED"))
        const waiting = yield* book(2)
        assert.strictEqual(waiting.status, "WAITLISTED")
        const pnr = parties[0]?.pnr ?? waiting.pnr
        yield* onServer(Effect.flatMap(Cancel, ({ cancel }) => cancel({ caller, pnr, passengers: undefined })))
        yield* until(Effect.map(free, (count) => count === 4))

        yield* onServer(Effect.gen(function*() {
          const configs = yield* SeatConfigs
          const { version } = yield* configs.read(trainId)
          const config = { pools: [{ travelClass: "SL", quota: "GN", berth: "LB", seatCount: 35 }] as const }
          yield* configs.replace({ userId: UserId.make("admin"), trainId, version, config })
        }))
        yield* until(Effect.map(free, (count) => count === 9))

        const { redisHasUsers } = yield* Stores
        if (redisHasUsers) {
          // As after a loss of all keys; the users themselves may not.
          yield* onScheduler(Effect.flatMap(ManagedRedis, (redis) => redis.send("UNLINK", "redis:SEEDED")))
          yield* onScheduler(until(Effect.gen(function*() {
            const sql = yield* SqlClient.SqlClient
            return (yield* sql`SELECT FROM run WHERE state = 'OPEN' AND epoch < 2`).length === 0
          })))
          yield* until(isOpen)
        }
        assert.strictEqual((yield* book(1)).status, "CONFIRMED")
        const report = yield* onScheduler(Effect.flatMap(Audit, ({ audit }) => audit))
        assert.deepEqual(report.differences, [])
      }))

    it.effect("move sales by the function that checks the moves", () =>
      Effect.gen(function*() {
        const none = RunEpochs.pipe(
          Effect.flatMap(({ beginRepack }) => beginRepack({ runId: 0, epoch: 0, moves: [] })),
          Effect.map(Option.isNone)
        )
        assert.isTrue((yield* onServer(none)) && (yield* onScheduler(none)))
      }))

    it.effect("let the server make and verify tokens", () =>
      Effect.gen(function*() {
        const user = yield* onServer(Effect.gen(function*() {
          const tokens = yield* Tokens
          const token = yield* tokens.make({ userId: caller.userId, role: "passenger" })
          return yield* tokens.verify(Redacted.value(token))
        }))
        assert.strictEqual(user.userId, caller.userId)
      }))

    it.effect("tell what happens, to followers and to webhooks", () =>
      Effect.gen(function*() {
        yield* until(isOpen)
        yield* onServer(Effect.flatMap(Tokens, (tokens) => tokens.make({ userId: caller.userId, role: "passenger" })))
        const made = yield* onServer(
          Effect.flatMap(Webhooks, (webhooks) => webhooks.add(caller, { url: "https://webhook.invalid/" }))
        )
        const { pnr } = yield* book(1)
        const [first] = yield* onServer(Effect.gen(function*() {
          const events = yield* (yield* EventFeed).follow({ _tag: "Booking", pnr }, undefined)
          const found = Stream.flatMap(events, (some) => Stream.fromIterable(some.events))
          return yield* Stream.runCollect(Stream.take(found, 1))
        }))
        assert.deepInclude(first, { pnr, kind: "booked" })
        yield* onServer(Effect.flatMap(Cancel, ({ cancel }) => cancel({ caller, pnr, passengers: undefined })))
        // The name leads nowhere, and the scheduler notes that.
        yield* until(onScheduler(Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          return (yield* sql`SELECT FROM webhook_delivery WHERE failure IS NOT NULL`).length > 0
        })))
        const of = { userId: caller.userId, id: made.id }
        yield* onServer(Effect.gen(function*() {
          const webhooks = yield* Webhooks
          assert.strictEqual((yield* webhooks.list(caller.userId))[0]?.dead, 0)
          assert.strictEqual(yield* webhooks.replay(of, undefined), 0)
          yield* webhooks.remove(of)
        }))
        const pruned = yield* onScheduler(Effect.flatMap(EventLog, (log) => log.prune(30, 10)))
        assert.strictEqual(pruned, 0)
        const consumer = Effect.flatMap(EventStream, (stream) => stream.consumer("test", "member"))
        const taken = yield* Effect.scoped(onScheduler(Effect.flatMap(consumer, (member) => member.take(10))))
        assert.isAtMost(taken.length, 10)
      }))

    const refused: ReadonlyArray<readonly [Role, string]> = [
      ["berth_server", "DROP TABLE sale"],
      ["berth_server", "TRUNCATE sale"],
      ["berth_server", "ALTER TABLE sale ADD COLUMN x int"],
      ["berth_server", "CREATE TABLE mine (id int)"],
      ["berth_server", "UPDATE sale SET berth = 1"],
      ["berth_server", "DELETE FROM account"],
      ["berth_server", "UPDATE account SET user_id = 'thief'"],
      ["berth_server", "UPDATE session SET role = 'admin'"],
      ["berth_scheduler", "SELECT token_hash FROM session"],
      ["berth_scheduler", "UPDATE account SET role = 'admin'"],
      ["berth_server", "DELETE FROM booking"],
      ["berth_server", "DELETE FROM audit"],
      ["berth_server", "UPDATE store_clock SET shift = '1 day'"],
      ["berth_server", "SELECT * FROM pg_authid"],
      ["berth_server", "SELECT pg_read_file('/etc/passwd')"],
      ["berth_server", "COPY sale TO PROGRAM 'cat'"],
      ["berth_server", "CREATE ROLE other SUPERUSER"],
      ["berth_scheduler", "SELECT * FROM session"],
      ["berth_scheduler", "SELECT * FROM account"],
      ["berth_scheduler", "INSERT INTO booking SELECT * FROM booking"],
      ["berth_scheduler", "DROP TABLE run"],
      ["berth_server", "SELECT secret FROM webhook"],
      ["berth_server", "UPDATE event_log SET last_id = 0"],
      ["berth_scheduler", "UPDATE webhook SET url = 'https://elsewhere.invalid/'"],
      ["berth_reader", "SELECT url FROM webhook"],
      ["berth_server", "UPDATE passenger SET moved_from = 1"],
      ["berth_server", "UPDATE train SET name = 'another'"],
      ["berth_scheduler", "UPDATE train SET repack = false"],
      ["berth_reader", "SELECT move_sales(1, 1, '[]')"],
      ["berth_reader", "SELECT name FROM passenger"],
      ["berth_reader", "SELECT user_id FROM booking"],
      ["berth_reader", "SELECT * FROM session"],
      ["berth_reader", "SELECT * FROM pnr_key"],
      ["berth_reader", "DELETE FROM sale"],
      ["berth_migrator", "SELECT * FROM pg_authid"],
      ["berth_migrator", "CREATE ROLE other"]
    ]
    for (const [role, statement] of refused) {
      it.effect(`refuse ${role}: ${statement}`, () =>
        Effect.gen(function*() {
          assert.match(yield* refusal(role, statement), /permission denied|must be owner|read-only transaction/)
        }))
    }

    it.effect("let reports be read, without names and users", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const rows = yield* sql`SELECT b.travel_class, count(*)::int AS sold FROM booking b
        JOIN passenger p USING (pnr) WHERE p.state = 'CONFIRMED' GROUP BY 1`
        assert.deepEqual(rows, [{ travel_class: "SL", sold: 27 }])
      }).pipe(Effect.provide(databaseAs("berth_reader"))))

    it.effect("say of every table who may do what", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const tables = yield* sql`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`
        const grants = readProjectFile("packages/engine/src/ledger/grants.sql")
        assert.deepEqual(
          tables.map((row) => String(row["tablename"])).filter((name) => !new RegExp(`\\b${name}\\b`).test(grants)),
          []
        )
      }).pipe(Effect.provide(databaseAs("berth_migrator"))))

    it.effect("let Redis tell the server which runs have changed", () =>
      onServer(Effect.gen(function*() {
        const recent = yield* makeRecentSnapshots(yield* ManagedRedis)
        yield* until(Effect.sync(recent.areTold))
        assert.isTrue(recent.areTold())
      })))

    it.effect("in Redis touch Berth's keys by the commands that are used, and nothing else", () =>
      Effect.gen(function*() {
        if (!(yield* Stores).redisHasUsers) {
          return
        }
        for (
          const [command, ...args] of [
            ["FLUSHALL"],
            ["CONFIG", "GET", "requirepass"],
            ["ACL", "LIST"],
            ["KEYS", "*"],
            ["SHUTDOWN"],
            ["EVAL", "return redis.call('GET', 'other')", "0"],
            ["GET", "other"],
            ["SET", "other", "1"]
          ] as const
        ) {
          assert.match((yield* onServer(refusalOf(command, ...args))).message, /^NOPERM /, command)
          assert.match((yield* onScheduler(refusalOf(command, ...args))).message, /^NOPERM /, command)
        }
        assert.match((yield* onServer(refusalOf("GET", "redis:SEEDED"))).message, /^NOPERM /)
      }))
  }
)
