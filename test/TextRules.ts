/** What a file of the project may not hold. */
interface TextRule {
  readonly reason: string
  readonly applies: (path: string) => boolean
  readonly found: (path: string, source: string) => boolean
}

const fileLinesMax = 300

const isTypeScript = (path: string): boolean => /\.tsx?$/.test(path)
/** What a tool makes of another file has the tool's names and length. */
const isGenerated = (path: string): boolean => path.includes("/generated/")
const isSource = (path: string): boolean => /^packages\/[^/]+\/src\//.test(path) && !isGenerated(path)
const isTest = (path: string): boolean => path.endsWith(".test.ts")
const isMigration = (path: string): boolean => /\/migrations\//i.test(path)
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1)
const holds = (pattern: RegExp) => (_path: string, source: string): boolean => pattern.test(source)

const rules: ReadonlyArray<TextRule> = [
  {
    reason: `has more than ${fileLinesMax} lines`,
    applies: isSource,
    found: (_, source) => source.trimEnd().split("\n").length > fileLinesMax
  },
  {
    reason: "is not named in PascalCase for its one concept",
    applies: (path) => isSource(path) && isTypeScript(path) && !isMigration(path),
    found: (path) => !/^[A-Z][A-Za-z0-9]*\.tsx?$/.test(nameOf(path))
  },
  {
    reason: "is a barrel",
    applies: isSource,
    found: (path) => /^index\./i.test(nameOf(path))
  },
  {
    reason: "holds a note of unfinished work",
    applies: () => true,
    found: holds(/\b(?:TODO|FIXME|XXX)\b/)
  },
  {
    reason: "casts a type away",
    applies: isTypeScript,
    found: holds(/^(?!\s*(?:\*|\/\/)).*\bas (?:(?:any|never)\b(?! [a-z])|unknown as\b)/m)
  },
  {
    reason: "reads time or chance from outside Effect",
    applies: (path) => isSource(path) && isTypeScript(path),
    found: holds(/\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(/)
  },
  {
    reason: "leaves tests out",
    applies: isTest,
    found: holds(/\.(?:only|skip)\(/)
  },
  {
    reason: "waits for time to pass instead of a signal",
    applies: isTest,
    found: holds(/\bEffect\.sleep\(|\bsetTimeout\(/)
  }
]

/** What is wrong with one file, in sentences; `path` is from the project's root. */
export const textViolations = (path: string, source: string): ReadonlyArray<string> =>
  rules.filter((rule) => rule.applies(path) && rule.found(path, source)).map((rule) => `${path} ${rule.reason}`)

const exactVersion = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/

/** The dependencies of a package.json that may change without anybody saying so. */
export const looseVersions = (manifest: Record<string, unknown>): ReadonlyArray<string> =>
  ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"].flatMap((section) =>
    Object.entries(manifest[section] ?? {}).flatMap(([name, version]) => {
      // An alias carries its version after the last "@".
      const exact = String(version).replace(/^npm:.+@/, "")
      return exactVersion.test(exact) ? [] : [`${name} ${version}`]
    })
  )
