import { startInstance, withFolder } from "../Instance.ts"
import { cost, type Measurement } from "../Measurement.ts"

/** From nothing to ready with the sample network, and the second time. */
export const start = async (): Promise<ReadonlyArray<Measurement>> =>
  withFolder(async (folder) => {
    const first = await startInstance(folder)
    await first.stop()
    const second = await startInstance(folder)
    await second.stop()
    return [
      cost("start, first time", first.readyMillis / 1000, "s", { floor: 10, note: first.stores }),
      cost("start, second time", second.readyMillis / 1000, "s", { floor: 5, note: second.stores })
    ]
  })
