import * as Database from "@berth/engine/ledger/Database"
import { assert, layer } from "@effect/vitest"
import { Effect, Queue, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { inject } from "vitest"
import { listen } from "../src/Listener.ts"

const channel = "berth_listener_test"

layer(Database.layer({ url: Redacted.make(inject("postgresUrl")), maxConnections: 4 }), {
  excludeTestServices: true,
  timeout: "60 seconds"
})("a listener", (it) => {
  it.effect("looks when it has connected, when something is announced and now and then, and tells which", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const looks = yield* Queue.unbounded<boolean>()
      yield* listen(channel, (announced) => Queue.offer(looks, announced), "50 millis")
      const untilLook = (announced: boolean) =>
        Effect.repeat(Queue.take(looks), { until: (look) => look === announced })
      yield* untilLook(true)
      yield* untilLook(false)
      yield* Queue.clear(looks)
      assert.deepStrictEqual(yield* Queue.takeN(looks, 2), [false, false])
      yield* sql`SELECT pg_notify(${channel}, '')`
      yield* untilLook(true)
    }))
})
