import { BaseSequencer, type TestSpecification } from "vitest/node"

/** Files that take many times as long as the others, longest first: the last file to end is then a short one. */
const long = [
  "simulation/Simulation.test.ts",
  "BookingClientLive.test.ts",
  "EveryRuntime.test.ts",
  "test/faults.test.ts",
  "Connections.test.ts",
  "Fuzz.test.ts",
  "Health.test.ts",
  "EmbeddedPostgres.test.ts",
  "InventoryProperties.test.ts"
]

const rank = ({ moduleId }: TestSpecification): number => {
  const at = long.findIndex((name) => moduleId.endsWith(`/${name}`))
  return at === -1 ? long.length : at
}

/** Starts what takes longest first, also in a clean checkout, where vitest has no times of an earlier run. */
export class LongestFirst extends BaseSequencer {
  override sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    return Promise.resolve(files.toSorted((one, other) => rank(one) - rank(other)))
  }
}
