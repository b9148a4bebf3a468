import { Clock, Context, DateTime, Effect, References } from "effect"
import { StoreClock } from "../../src/ledger/StoreClock.ts"
import { Stations } from "../../src/timetable/Stations.ts"
import { runServices } from "./ledger/RunServices.ts"
import { saleServices } from "./ledger/SaleServices.ts"
import { timetableServices } from "./ledger/TimetableServices.ts"
import { today } from "./Network.ts"
import type { Process } from "./Process.ts"
import { redisServices } from "./redis/RedisServices.ts"
import type { Stores } from "./Stores.ts"

/** What the code of a process asks for, over the models, with time and order in the world's hands. */
export const storeServices = Effect.fnUntraced(function*(stores: Stores, process: Process) {
  const { world } = stores
  const clock = world.time.clockOf(process)
  return (yield* timetableServices(stores, process)).pipe(
    Context.merge(saleServices(stores, process)),
    Context.merge(runServices(stores, process)),
    Context.merge(redisServices(stores, process)),
    Context.add(StoreClock, {
      now: Effect.sync(() => DateTime.makeUnsafe(world.time.millis)),
      nowMillisUnsafe: () => world.time.millis,
      today: () => Effect.succeed(today),
      refresh: Effect.void
    }),
    Context.add(Stations, { search: () => Effect.succeed([]), exist: () => Effect.void }),
    Context.add(Clock.Clock, clock),
    Context.add(References.MinimumLogLevel, "None"),
    Context.add(References.TracerEnabled, false)
  )
})
