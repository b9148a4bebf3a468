/**
 * Type check with Effect's diagnostics.
 *
 * `@effect/tsgo` is the TypeScript 7 compiler with Effect's language service inside. It is 54 MB to download and only
 * this check needs it, so the first check fetches it instead of every `npm ci`.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, renameSync } from "node:fs"
import { join } from "node:path"
import { rarelyCollected } from "./RarelyCollected.ts"

const version = "0.45.0"
const packageName = `@effect/tsgo-${process.platform}-${process.arch}`
const root = join(import.meta.dirname, "..")
const folder = join(root, "node_modules", ".cache", `effect-tsgo-${version}`)
const compiler = join(folder, "node_modules", packageName, "lib", process.platform === "win32" ? "tsc.exe" : "tsc")

const run = (command: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}): void => {
  const { error, status } = spawnSync(command, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } })
  if (error !== undefined) throw error
  if (status !== 0) process.exit(status ?? 1)
}

if (!existsSync(compiler)) {
  console.log(`Fetching ${packageName}@${version}, the compiler with Effect's diagnostics (54 MB, once)`)
  // Renamed into place only when whole, so that an interrupted download is not taken for a compiler.
  const partial = `${folder}.${process.pid}`
  mkdirSync(partial, { recursive: true })
  run("npm", [
    "install",
    `--prefix=${partial}`,
    "--no-save",
    "--no-package-lock",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    `${packageName}@${version}`
  ])
  renameSync(partial, folder)
}
// Each further checker works out the types of Effect anew: four take 41 s of processor time and one 26.
run(compiler, ["--project", root, "--checkers", "1"], rarelyCollected)
