import { layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Inventory } from "../../src/inventory/Inventory.ts"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import * as Fixtures from "./Fixtures.ts"
import { InventoryDrive, Step } from "./InventoryDrive.ts"
import * as RedisForTests from "./RedisForTests.ts"

layer(RedisForTests.inventory, { timeout: "60 seconds" })("inventory against its model", (it) => {
  it.effect.prop(
    "whatever happens, Redis has what the model has and seats whoever fits",
    [Schema.Array(Step).check(Schema.isMinLength(60), Schema.isMaxLength(120))],
    ([steps]) =>
      Effect.gen(function*() {
        const inventory = yield* Inventory
        const run = yield* Fixtures.newRun
        const drive = new InventoryDrive(inventory, yield* ManagedRedis, run)
        yield* inventory.load([Fixtures.loadOf(run)])
        for (const step of steps) {
          yield* drive.take(step)
          yield* drive.compare()
        }
      }),
    { arbitrary: { runs: 30 }, timeout: 120_000 }
  )
})
