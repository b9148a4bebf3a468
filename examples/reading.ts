/**
 * The timetable and what is free, where nothing may be sold: `DATABASE_URL=… REDIS_URI=… node examples/reading.ts`.
 *
 * The user of `DATABASE_URL` needs the right to SELECT and no other. Runs are loaded by the servers that sell, or by the
 * scheduler.
 */
import { runMain } from "@berth/engine/NodeProcess"
import * as ReadingEngine from "@berth/engine/ReadingEngine"
import * as Stores from "@berth/engine/Stores"
import * as ReadingHandler from "@berth/server/ReadingHandler"
import { Console, Effect, Layer } from "effect"
import { listen } from "./listen.ts"
import { toListener } from "./NodeBridge.ts"

const program = Effect.gen(function*() {
  const url = yield* listen(toListener(yield* ReadingHandler.make))
  yield* Console.log(`The timetable serves at ${url}`)
  return yield* Effect.never
})

program.pipe(
  Effect.provide(ReadingEngine.layer.pipe(Layer.provideMerge(Stores.layerConfig))),
  Effect.scoped,
  runMain
)
