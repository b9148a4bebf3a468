/**
 * Checks the format of the code, or with `--write` puts it right.
 *
 * dprint's own plugin, run by Node and set by dprint.json: dprint's program would be a download for each platform.
 */
import { createContext } from "@dprint/formatter"
import * as typescript from "@dprint/typescript"
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const { excludes, includes, plugins: _plugins, typescript: rules, ...shared } = JSON.parse(
  readFileSync(join(root, "dprint.json"), "utf8")
)
const context = createContext(shared)
context.addPlugin(readFileSync(typescript.getPath()), rules)

const write = process.argv.includes("--write")
const unformatted = globSync(includes, { cwd: root, exclude: excludes }).toSorted().filter((path) => {
  const filePath = join(root, path)
  const fileText = readFileSync(filePath, "utf8")
  const formatted = context.formatText({ filePath, fileText })
  if (formatted === fileText) return false
  if (write) writeFileSync(filePath, formatted)
  return true
})

for (const path of unformatted) console.log(`${write ? "formatted" : "not formatted"}: ${path}`)
if (unformatted.length > 0 && !write) {
  console.log("Put it right by: npm run format")
  process.exitCode = 1
}
