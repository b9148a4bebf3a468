/**
 * `npm test`: the static checks, then every test. Each step runs even if an earlier one failed, so that one run tells
 * all. Arguments go to vitest alone: `npm test -- packages/domain`.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Tally, tallyFileVariable } from "./tallyReporter.ts"

const root = join(import.meta.dirname, "..")

const runNode = (args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = process.env): boolean => {
  const { error, signal, status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: "inherit" })
  if (error !== undefined) throw error
  if (signal === "SIGINT") process.exit(130)
  return status === 0
}

const step = (title: string, run: () => Tally): Tally => {
  console.log(`\n== ${title}`)
  const startMillis = performance.now()
  const tally = run()
  const seconds = ((performance.now() - startMillis) / 1000).toFixed(1)
  console.log(`== ${title}: ${tally.failed === 0 ? "passed" : "FAILED"} in ${seconds} s`)
  return tally
}

const staticCheck = (title: string, args: ReadonlyArray<string>): Tally =>
  step(title, () => runNode(args) ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 })

const readTally = (file: string): Tally => {
  try {
    return JSON.parse(readFileSync(file, "utf8"))
  } catch (error) {
    console.log(`The test run wrote no result: ${error}`)
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

const runTests = (args: ReadonlyArray<string>): Tally => {
  const folder = mkdtempSync(join(tmpdir(), "berth-test-"))
  const file = join(folder, "tally.json")
  const succeeded = runNode(
    [
      "node_modules/vitest/vitest.mjs",
      "run",
      "--reporter=default",
      "--reporter=./scripts/tallyReporter.ts",
      ...args
    ],
    { ...process.env, [tallyFileVariable]: file }
  )
  const tally = readTally(file)
  rmSync(folder, { recursive: true })
  // Nothing found to run, or a teardown that failed: vitest says so by its exit status alone.
  return succeeded || tally.failed > 0 ? tally : { ...tally, failed: 1 }
}

const tallies = [
  staticCheck("Types and Effect diagnostics", ["scripts/check.ts"]),
  staticCheck("Lint", ["node_modules/oxlint/bin/oxlint", "--deny-warnings"]),
  staticCheck("Format", ["scripts/format.ts"]),
  step("Tests", () => runTests(process.argv.slice(2)))
]

const sum = (key: keyof Tally): number => tallies.reduce((total, tally) => total + tally[key], 0)
const failed = sum("failed")
const skipped = sum("skipped")
console.log(`\n${sum("passed")} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`)
process.exitCode = failed === 0 ? 0 : 1
