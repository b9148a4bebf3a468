import { writeFileSync } from "node:fs"
import type { Reporter, TestModule } from "vitest/node"

/** Where the reporter writes its counts, as JSON; set by scripts/test.ts. */
export const tallyFileVariable = "BERTH_TEST_TALLY"

export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const countModule = (module: TestModule): Tally => {
  // A file that does not load and a hook that fails have no failing test of their own, yet they are failures.
  let failed = module.errors().length
  for (const suite of module.children.allSuites()) failed += suite.errors().length
  let passed = 0
  let skipped = 0
  for (const test of module.children.allTests()) {
    const { state } = test.result()
    if (state === "passed") passed++
    else if (state === "skipped") skipped++
    else failed++
  }
  return { passed, failed, skipped }
}

/** Counts what `vitest run` did, with the failures that belong to no test, for the last line of `npm test`. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
    const total = modules.map(countModule).reduce(
      (a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }),
      { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    )
    const file = process.env[tallyFileVariable]
    if (file !== undefined) writeFileSync(file, JSON.stringify(total))
  }
}
