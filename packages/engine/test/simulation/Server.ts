import { Effect, Exit, Layer, Scope } from "effect"
import { Fares } from "../../src/payment/Fares.ts"
import { Book } from "../../src/sale/Book.ts"
import { Cancel } from "../../src/sale/Cancel.ts"
import { Promoter } from "../../src/sale/Promoter.ts"
import { PromotionQueue } from "../../src/sale/PromotionQueue.ts"
import { Repacker } from "../../src/sale/Repacker.ts"
import { Sweeper } from "../../src/sale/Sweeper.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { ConfigApplier } from "../../src/seeding/ConfigApplier.ts"
import { RunLoader } from "../../src/seeding/RunLoader.ts"
import type { Process } from "./Process.ts"
import type { Stores } from "./Stores.ts"
import { storeServices } from "./StoreServices.ts"

/**
 * The code of the engine as it is, over whatever stores it is given. One layer after another: those that are merged are
 * built by a fiber each, and a simulation starts servers again and again.
 */
const engine = Book.layer.pipe(
  Layer.provideMerge(Cancel.layer),
  Layer.provideMerge(Sweeper.layer),
  Layer.provideMerge(Audit.layerNoDeps),
  Layer.provideMerge(Promoter.layer),
  Layer.provideMerge(Repacker.layer),
  Layer.provideMerge(ConfigApplier.layer),
  Layer.provideMerge(RunLoader.layer),
  Layer.provideMerge(PromotionQueue.layer),
  Layer.provideMerge(Fares.layerSample)
)

const start = Effect.fnUntraced(function*(stores: Stores, process: Process) {
  const services = yield* storeServices(stores, process)
  const built = yield* Layer.buildWithMemoMap(
    Layer.provideMerge(engine, Layer.succeedContext(services)),
    yield* Layer.makeMemoMap,
    yield* Scope.make()
  )
  return built
})

/** A process with everything in it, as `npm start` has it: server and scheduler. */
export interface Server extends Process {
  readonly context: Effect.Success<ReturnType<typeof start>>
}

export const startServer = (stores: Stores, name: string): Server => {
  const process: Process = { name, alive: true }
  const exit = Effect.runSyncExit(start(stores, process))
  if (Exit.isFailure(exit)) throw new Error(`server ${name} did not start: ${exit.cause}`)
  return Object.assign(process, { context: exit.value })
}
