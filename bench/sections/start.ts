import { startInstance } from "../Instance.ts"
import { cost, type Measurement } from "../Measurement.ts"
import type { Stand } from "../Stand.ts"

/** From nothing to ready with the sample network, and the second time. */
export const start = async ({ folder }: Stand): Promise<ReadonlyArray<Measurement>> => {
  const first = await startInstance(folder("start"))
  await first.stop()
  const second = await startInstance(folder("start"))
  await second.stop()
  return [
    cost("start, first time", [first.readyMillis / 1000], "s", { floor: 10, note: first.stores }),
    cost("start, second time", [second.readyMillis / 1000], "s", { floor: 5, note: second.stores })
  ]
}
