import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { engine } from "../TestEngine.ts"
import { receiver } from "./Receiver.ts"
import { add, send, somebody } from "./WebhookOwners.ts"

layer(engine, { excludeTestServices: true, timeout: "60 seconds" })("a webhook's address", (it) => {
  it.effect("is refused where it is one of the network that Berth runs in, by whichever name", () =>
    Effect.scoped(Effect.gen(function*() {
      const at = yield* receiver
      const { port } = new URL(at.url)
      const { bookFor, caller } = yield* somebody()
      for (
        const url of [
          at.url,
          `https://127.0.0.1:${port}/`,
          `https://2130706433:${port}/`,
          `https://0x7f.1:${port}/`,
          `https://[::1]:${port}/`,
          `https://[::ffff:7f00:1]:${port}/`,
          "https://169.254.169.254/latest/meta-data/",
          "https://10.0.0.1/",
          "https://[fd00::1]/",
          "http://example.org/",
          "https://1.2.3.999/",
          "https://example.org:99999/"
        ]
      ) {
        assert.strictEqual((yield* Effect.flip(add(caller, url)))._tag, "WebhookUrlRefused", url)
      }
      // A name is looked up when it is called, and what it leads to is looked at then.
      const { id } = yield* add(caller, `https://localhost:${port}/`)
      yield* bookFor()
      yield* send
      assert.strictEqual(yield* at.waiting, 0)
      const sql = yield* SqlClient.SqlClient
      const [delivery] = yield* sql`SELECT failure FROM webhook_delivery WHERE webhook_id = ${id}::float8::bigint`
      assert.deepEqual(delivery, { failure: "its address is not one of the internet" })
    })))
})
