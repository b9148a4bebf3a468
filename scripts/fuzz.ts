/**
 * `npm run test:fuzz`: sends bad requests, made from the schemas of the API, over every door of a server of its own.
 * `npm test` sends a few thousand of them.
 */
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { parseArgs } from "node:util"

const { values } = parseArgs({
  options: {
    requests: { type: "string" },
    seed: { type: "string" },
    first: { type: "string" },
    help: { type: "boolean" }
  }
})

const usage = [
  "npm run test:fuzz -- [--requests 100000] [--seed N] [--first INDEX]",
  "  --seed   sends the same requests again",
  "  --first  from this request on, with --requests 1 that one alone"
].join("\n")

const numbers = [
  values.requests ?? "100000",
  values.seed ?? String(Math.floor(Math.random() * 2 ** 31)),
  values.first ?? "0"
]
if (values.help === true || !numbers.every((text) => /^\d{1,10}$/.test(text))) {
  console.log(usage)
  process.exit(values.help === true ? 0 : 2)
}
const [requests, seed, first] = numbers
console.log(`${requests} requests from seed ${seed}`)

const { error, status } = spawnSync(
  process.execPath,
  ["node_modules/vitest/vitest.mjs", "run", "packages/server/test/security/Fuzz.test.ts", "--disableConsoleIntercept"],
  {
    cwd: join(import.meta.dirname, ".."),
    env: { ...process.env, FUZZ_REQUESTS: requests, FUZZ_SEED: seed, FUZZ_FIRST: first },
    stdio: "inherit"
  }
)
if (error !== undefined) throw error
process.exitCode = status ?? 1
