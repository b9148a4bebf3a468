/**
 * `npm test`: the static checks beside every test, for the tests wait at times. Each runs even if another failed, so that
 * one run tells all. Arguments go to vitest alone: `npm test -- packages/domain`. With `--tests-only` before them there are
 * no static checks, for those who have had them.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Tally, tallyFileVariable } from "./tallyReporter.ts"

const root = join(import.meta.dirname, "..")

interface Ended {
  readonly succeeded: boolean
  /** What it printed, unless it printed for itself. */
  readonly output: string
}

const runNode = (
  args: ReadonlyArray<string>,
  stdio: "inherit" | "pipe",
  env: NodeJS.ProcessEnv = process.env
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", stdio, stdio] })
    let output = ""
    const hear = (text: Buffer) => {
      output += text
    }
    child.stdout?.on("data", hear)
    child.stderr?.on("data", hear)
    child.once("error", reject)
    child.once("close", (status) => resolve({ succeeded: status === 0, output }))
  })

let interrupted = false
// Ctrl-C in a terminal reaches the processes started here too, and they end by themselves.
process.on("SIGINT", () => {
  interrupted = true
})

const timed = async <A>(work: () => Promise<A>): Promise<readonly [A, seconds: string]> => {
  const startMillis = performance.now()
  const result = await work()
  return [result, ((performance.now() - startMillis) / 1000).toFixed(1)]
}

const report = (title: string, { failed }: Tally, seconds: string): void =>
  console.log(`== ${title}: ${failed === 0 ? "passed" : "FAILED"} in ${seconds} s`)

const checks = [
  ["Types and Effect diagnostics", ["scripts/check.ts"]],
  ["Lint", ["node_modules/oxlint/bin/oxlint", "--deny-warnings"]],
  ["Format", ["scripts/format.ts"]]
] as const

/** One after the other, each told of when there is a place for it. */
const runChecks = async () => {
  const done: Array<
    { readonly title: string; readonly tally: Tally; readonly output: string; readonly seconds: string }
  > = []
  for (const [title, args] of checks) {
    const [{ output, succeeded }, seconds] = await timed(() => runNode(args, "pipe"))
    const tally = { passed: Number(succeeded), failed: Number(!succeeded), skipped: 0 }
    done.push({ title, tally, output, seconds })
  }
  return done
}

const readTally = (file: string): Tally => {
  try {
    return JSON.parse(readFileSync(file, "utf8"))
  } catch (error) {
    console.log(`The test run wrote no result: ${error}`)
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

const runTests = async (args: ReadonlyArray<string>): Promise<Tally> => {
  const folder = mkdtempSync(join(tmpdir(), "berth-test-"))
  const file = join(folder, "tally.json")
  const { succeeded } = await runNode(
    [
      "node_modules/vitest/vitest.mjs",
      "run",
      "--reporter=default",
      "--reporter=./scripts/tallyReporter.ts",
      ...args
    ],
    "inherit",
    { ...process.env, [tallyFileVariable]: file }
  )
  const tally = readTally(file)
  rmSync(folder, { recursive: true })
  // Nothing found to run, or a teardown that failed: vitest says so by its exit status alone.
  return succeeded || tally.failed > 0 ? tally : { ...tally, failed: 1 }
}

const args = process.argv.slice(2)
const testsOnly = args[0] === "--tests-only"
const checking = testsOnly ? Promise.resolve([]) : runChecks()
console.log("\n== Tests")
const [tested, testSeconds] = await timed(() => runTests(testsOnly ? args.slice(1) : args))
report("Tests", tested, testSeconds)
const checked = await checking
if (interrupted) process.exit(130)
for (const { output, seconds, tally, title } of checked) {
  console.log(`\n== ${title}\n${output.trimEnd()}`)
  report(title, tally, seconds)
}
const tallies = [tested, ...checked.map(({ tally }) => tally)]

const sum = (key: keyof Tally): number => tallies.reduce((total, tally) => total + tally[key], 0)
const failed = sum("failed")
const skipped = sum("skipped")
console.log(`\n${sum("passed")} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`)
process.exitCode = failed === 0 ? 0 : 1
