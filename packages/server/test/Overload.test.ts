import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Stream } from "effect"
import { HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import * as RequestEnvelope from "../src/RequestEnvelope.ts"
import { requestsMax, RequestsUnderWay } from "../src/RequestsUnderWay.ts"
import { Watchers, watchersMax } from "../src/Watchers.ts"

const request = () => new Request("http://berth.test/slow")

describe("more calls than a server takes", () => {
  it.effect("are refused at once with the time after which to come back, and those under way are served", () =>
    Effect.gen(function*() {
      const done = yield* Deferred.make<void>()
      const slow = HttpRouter.add("GET", "/slow", Effect.as(Deferred.await(done), HttpServerResponse.text("served")))
      const { dispose, handler } = HttpRouter.toWebHandler(
        Layer.merge(slow, RequestEnvelope.layer).pipe(
          Layer.provide([HttpServer.layerServices, RequestsUnderWay.layer])
        ),
        { disableLogger: true }
      )
      yield* Effect.addFinalizer(() => Effect.promise(dispose))
      const served = yield* Effect.forEach(
        Array.from({ length: requestsMax }),
        () => Effect.forkChild(Effect.promise(() => handler(request())), { startImmediately: true })
      )
      const refused = yield* Effect.promise(() => handler(request()))
      assert.deepStrictEqual([refused.status, refused.headers.get("retry-after")], [503, "1"])
      assert.include(yield* Effect.promise(() => refused.text()), "\"_tag\":\"Overloaded\"")
      yield* Deferred.succeed(done, undefined)
      const answers = yield* Effect.forEach(served, Fiber.join)
      assert.isTrue(answers.every(({ status }) => status === 200))
      assert.strictEqual((yield* Effect.promise(() => handler(request()))).status, 200)
    }))
})

describe("more watchers than a server takes", () => {
  it.effect("are refused, and there is room when one has gone", () =>
    Effect.gen(function*() {
      const { admit } = yield* Watchers
      const watch = Stream.runDrain(admit(Stream.never))
      const watching = yield* Effect.forEach(
        Array.from({ length: watchersMax }),
        () => Effect.forkChild(watch, { startImmediately: true })
      )
      assert.strictEqual((yield* Effect.flip(watch))._tag, "Overloaded")
      yield* Effect.forEach(watching.slice(0, 1), Fiber.interrupt)
      assert.deepStrictEqual(yield* Stream.runCollect(admit(Stream.make(1))), [1])
    }).pipe(Effect.provide(Watchers.layer)))
})
