import { BaseSequencer, type TestSpecification } from "vitest/node"

/** Files that take many times as long as the others, longest first: the last file to end is then a short one. */
const long = [
  "simulation/Simulation.test.ts",
  "EveryRuntime.test.ts",
  "test/faults.test.ts",
  "BookingClientLive.test.ts",
  "Connections.test.ts",
  "Fuzz.test.ts",
  "cli/Berth.test.ts",
  "Health.test.ts",
  "EmbeddedPostgres.test.ts",
  "InventoryProperties.test.ts"
]

const rank = ({ moduleId }: TestSpecification): number => {
  const at = long.findIndex((name) => moduleId.endsWith(`/${name}`))
  return at === -1 ? long.length : at
}

/** Starts what takes longest first, where vitest has no times of an earlier run, as in a clean checkout. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other))
  }
}
