import { posix } from "node:path"

/** Imports point down only: what each package may know of the others. */
const mayImport: Record<string, ReadonlyArray<string>> = {
  domain: [],
  engine: ["domain"],
  server: ["domain", "engine"],
  scheduler: ["domain", "engine"],
  client: ["domain"],
  web: ["domain", "client"],
  embedded: []
}

export interface Manifest {
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}

const importPattern = /^[ \t]*(?:import|export)\s(?:[^"'=;]*?\sfrom\s+)?"([^"]+)"|\bimport\("([^"]+)"\)/gm

/** The specifiers of a file's static and dynamic imports and of its re-exports. */
export const importsOf = (source: string): ReadonlyArray<string> =>
  [...source.matchAll(importPattern)].flatMap(([, fixed, dynamic]) => fixed ?? dynamic ?? [])

const packageOf = (specifier: string): string =>
  specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/")

/** What is wrong with the imports of one file, `packages/<name>/<src or test>/…`, in sentences. */
export const importViolations = (
  path: string,
  source: string,
  manifest: Manifest,
  testTools: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const [, name = "", area = ""] = path.split("/")
  const inTest = area === "test"
  const home = inTest ? `packages/${name}/` : `packages/${name}/${area}/`
  const listed = new Set([
    ...Object.keys(manifest.dependencies ?? {}),
    ...(inTest ? [`@berth/${name}`, ...Object.keys(manifest.devDependencies ?? {}), ...testTools] : [])
  ])
  return importsOf(source).flatMap((specifier) => {
    if (specifier.startsWith("node:")) {
      return name === "domain" && !inTest ? [`${path}: ${specifier} does not exist in a browser`] : []
    }
    if (specifier.startsWith(".")) {
      return posix.join(posix.dirname(path), specifier).startsWith(home) ? [] : [`${path}: ${specifier} leaves ${home}`]
    }
    const target = packageOf(specifier)
    if (!listed.has(target)) return [`${path}: ${target} is not among the dependencies of packages/${name}`]
    const sibling = target.startsWith("@berth/") ? target.slice("@berth/".length) : name
    // Tests may bring stores along; sources never do.
    const brought = sibling === "embedded" && path.includes("/test/")
    return sibling === name || brought || mayImport[name]?.includes(sibling) === true
      ? []
      : [`${path}: ${name} may not import ${sibling}`]
  })
}

/** One cycle of files, from a map of each file to the files it imports, or nothing. */
export const findCycle = (graph: ReadonlyMap<string, ReadonlyArray<string>>): ReadonlyArray<string> | undefined => {
  const done = new Set<string>()
  const visit = (file: string, trail: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
    const start = trail.indexOf(file)
    if (start >= 0) return [...trail.slice(start), file]
    if (done.has(file)) return undefined
    for (const imported of graph.get(file) ?? []) {
      const cycle = visit(imported, [...trail, file])
      if (cycle !== undefined) return cycle
    }
    done.add(file)
    return undefined
  }
  for (const file of graph.keys()) {
    const cycle = visit(file, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}

/** The files, as paths from the project's root, that one file imports by relative paths. */
export const filesImported = (path: string, source: string): ReadonlyArray<string> =>
  importsOf(source).filter((specifier) => specifier.startsWith(".")).map((specifier) =>
    posix.join(posix.dirname(path), specifier)
  )
