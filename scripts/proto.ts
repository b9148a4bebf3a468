/**
 * `npm run proto`: makes packages/server/src/generated from the files below proto.
 *
 * The compiler (buf, 93 MB) is fetched by whoever changes a .proto file: the result is committed, and a test compares
 * the fingerprint of each source with the one that its result was made from.
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const bufVersion = "1.75.0"
// The one of @bufbuild/protobuf, which reads what it makes.
const generatorVersion = "2.17.0"

const root = join(import.meta.dirname, "..")
const sources = join(root, "proto")
const target = join(root, "packages/server/src/generated")
const folder = join(root, "node_modules/.cache", `buf-${bufVersion}-${generatorVersion}`)
const modules = join(folder, "node_modules")

const run = (command: string, args: ReadonlyArray<string>): void => {
  const { error, status } = spawnSync(command, args, { cwd: root, stdio: "inherit" })
  if (error !== undefined) throw error
  if (status !== 0) process.exit(status ?? 1)
}

if (!existsSync(folder)) {
  console.log("Fetching buf and protoc-gen-es (130 MB, once)")
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
    `@bufbuild/buf@${bufVersion}`,
    `@bufbuild/protoc-gen-es@${generatorVersion}`
  ])
  renameSync(partial, folder)
}

const template = {
  version: "v2",
  plugins: [{
    local: [process.execPath, join(modules, "@bufbuild/protoc-gen-es/bin/protoc-gen-es")],
    out: target,
    opt: ["target=ts", "import_extension=.ts"]
  }]
}

rmSync(target, { recursive: true, force: true })
run(process.execPath, [
  join(modules, "@bufbuild/buf/bin/buf"),
  "generate",
  sources,
  "--template",
  JSON.stringify(template)
])

for (const path of globSync("**/*.proto", { cwd: sources })) {
  const result = join(target, path.replace(/\.proto$/, "_pb.ts"))
  const fingerprint = createHash("sha256").update(readFileSync(join(sources, path))).digest("hex")
  writeFileSync(result, `// proto/${path}, sha256 ${fingerprint}\n${readFileSync(result, "utf8")}`)
}
