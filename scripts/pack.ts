/**
 * `npm run pack`: npm packages of `domain` and `client`, JavaScript with types, for programs outside this workspace.
 * `npm run pack -- FOLDER` puts them elsewhere than into `build`. The workspace itself never runs from them.
 */
import { spawnSync } from "node:child_process"
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { rarelyCollected } from "./RarelyCollected.ts"

const root = join(import.meta.dirname, "..")
const packages = ["domain", "client"] as const

interface Manifest {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly dependencies: Readonly<Record<string, string>>
}

const run = (command: string, args: ReadonlyArray<string>, cwd: string): void => {
  const env = { ...process.env, ...rarelyCollected }
  const { error, status } = spawnSync(command, args, { cwd, env, stdio: ["ignore", "ignore", "inherit"] })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with status ${status}`)
}

const compile = (folder: string): void => {
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      noEmitOnError: true,
      declaration: true,
      rewriteRelativeImportExtensions: true,
      // What a browser lacks must not be used.
      types: [],
      rootDir: join(root, "packages"),
      outDir: folder
    },
    include: packages.map((name) => join(root, "packages", name, "src")),
    // A command line belongs to a checkout, with a Node and packages that a library does not ask for.
    exclude: [join(root, "packages/*/src/cli")]
  }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config))
  // As in check.ts, one checker works out the types of Effect once.
  run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--project", folder, "--checkers", "1"], root)
}

/** The workspace's manifest with what npm needs to know, and without what only the workspace does. */
const published = ({ dependencies, description, license, name, version }: Manifest) => ({
  name,
  version,
  description,
  license,
  type: "module",
  sideEffects: false,
  engines: { node: ">=20" },
  exports: { "./*": { types: "./dist/*.d.ts", default: "./dist/*.js" } },
  dependencies: Object.fromEntries(Object.entries(dependencies).filter(([one]) => one.startsWith("@berth/"))),
  // Two copies of effect in a program do not know each other's types and services. What is used of it besides its core
  // is still marked unstable there, so a new minor version has to be tried first.
  peerDependencies: { effect: `~${dependencies["effect"]}` }
})

const pack = (name: string, compiled: string, destination: string): void => {
  const source = join(root, "packages", name)
  const manifest: Manifest = JSON.parse(readFileSync(join(source, "package.json"), "utf8"))
  const folder = join(compiled, "packed", name)
  mkdirSync(folder, { recursive: true })
  cpSync(join(compiled, name, "src"), join(folder, "dist"), { recursive: true })
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(published(manifest), null, 2)}\n`)
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"))
  copyFileSync(join(source, "README.md"), join(folder, "README.md"))
  run("npm", ["pack", "--loglevel=error", `--pack-destination=${destination}`], folder)
  console.log(join(destination, `berth-${name}-${manifest.version}.tgz`))
}

const destination = resolve(process.argv[2] ?? join(root, "build"))
const compiled = mkdtempSync(join(tmpdir(), "berth-pack-"))
try {
  mkdirSync(destination, { recursive: true })
  compile(compiled)
  for (const name of packages) pack(name, compiled, destination)
} finally {
  rmSync(compiled, { recursive: true })
}
