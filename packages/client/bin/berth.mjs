#!/usr/bin/env node
// `npx berth`: the command line under the Node that runs this, or under a Node 24 where that one is older. Plain
// JavaScript, because it is all of the command line that an older Node sees.
import * as module from "node:module"
import { fileURLToPath } from "node:url"

const main = new URL("../src/cli/Main.ts", import.meta.url)
// Compiled code is kept in the checkout, which only its owner writes to; a command starts in half the time with it.
const cache = fileURLToPath(new URL("../../../node_modules/.cache/berth", import.meta.url))

// Deno and Bun give a version of Node too, but they run Main.ts by themselves as well.
if (Number.parseInt(process.versions.node, 10) >= 24) {
  module.enableCompileCache?.(cache)
  await import(main.href)
} else {
  process.env.NODE_COMPILE_CACHE ??= cache
  process.argv.splice(2, 0, fileURLToPath(main))
  await import("../../../scripts/with-node24.mjs")
}
