import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { listed, metricsOfGuide as metrics } from "./OperatorsGuide.ts"
import { filesBelow, readProjectFile } from "./ProjectFiles.ts"

const metricNames = new Set([
  ...metrics,
  ...metrics.flatMap((name) => ["bucket", "count", "sum"].map((suffix) => `${name}_${suffix}`)),
  "up"
])

const decodeBoard = Schema.decodeUnknownSync(
  Schema.fromJsonString(
    Schema.Struct({
      panels: Schema.NonEmptyArray(
        Schema.Struct({ title: Schema.String, targets: Schema.NonEmptyArray(Schema.Struct({ expr: Schema.String })) })
      )
    })
  )
)

/** The metrics that an expression names: words that are neither labels, numbers, functions nor keywords. */
const namedIn = (expression: string): ReadonlyArray<string> =>
  expression
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]|\b(?:by|without) \([^)]*\)/g, " ")
    .match(/[a-zA-Z_:][a-zA-Z0-9_:]*(?!\w*\()/g)
    ?.filter((word) => !["sum", "max", "or", "and", "unless"].includes(word)) ?? []

const rules = readProjectFile("ops/prometheus/alerts.yml")

describe("the guide for operators", () => {
  it("names every setting that is read", () => {
    // The command line's are a passenger's, and in its own guide.
    const sources = ["main.ts", ...filesBelow("packages"), ...filesBelow("scripts")].filter((path) =>
      /^main\.ts$|^packages\/[^/]+\/src\/.*\.ts$|^scripts\/.*\.ts$/.test(path) && !path.includes("/src/cli/")
    )
    // The name is the last argument of what makes a setting.
    const read = sources.map(readProjectFile).filter((source) => /\bConfig\./.test(source)).flatMap((source) =>
      [...source.matchAll(/"([A-Z][A-Z0-9_]+)"\s*\)/g)].map(([, name]) => name ?? "")
    )
    assert.includeMembers(read, ["DATABASE_URL", "REDIS_URI", "PORT", "LOG_FORMAT", "OTEL_SERVICE_NAME"])
    assert.deepEqual([...new Set(read)].toSorted(), listed(/^\| `([A-Z_]+)` \|/gm))
  })

  it("names no setting of a server that Deno would hide from it", () => {
    const shown = /--allow-env=(\S+)/.exec(readProjectFile("deno.json"))?.[1]?.split(",") ?? []
    const isShown = (name: string) =>
      shown.some((one) => one.endsWith("*") ? name.startsWith(one.slice(0, -1)) : one === name)
    const ofServers = listed(/^\| `([A-Z_]+)` \| (?:all|server|as above|with `SMTP_URL`)[ ,]/gm)
    assert.isAbove(ofServers.length, 10)
    // gRPC over HTTP/2 is Node's alone.
    assert.deepEqual(ofServers.filter((name) => !isShown(name)), ["GRPC_PORT"])
  })

  it("says of each alert what it means", () => {
    const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name ?? "").toSorted()
    assert.isAbove(alerts.length, 0)
    assert.deepEqual(listed(/^\| `(Berth\w+)` \|/gm), alerts)
  })
})

describe("the board and the alerts", () => {
  it("find the metrics in an expression", () => {
    assert.deepEqual(
      namedIn(`histogram_quantile(0.9, sum by (le) (rate(a_bucket{x="y"}[5m]))) > 0.05 * max(b) or vector(0)`),
      ["a_bucket", "b"]
    )
  })

  it("name only metrics of the guide", () => {
    const { panels } = decodeBoard(readProjectFile("ops/grafana/dashboards/berth.json"))
    const onBoard = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
    const alerted = [...rules.matchAll(/^ +expr: (.+)$/gm)].map(([, expr]) => expr ?? "")
    for (const expression of [...onBoard, ...alerted]) {
      const named = namedIn(expression)
      assert.isAbove(named.length, 0, expression)
      assert.deepEqual(named.filter((name) => !metricNames.has(name)), [], expression)
    }
    const shown = onBoard.flatMap(namedIn).join(" ")
    assert.deepEqual(metrics.filter((name) => !shown.includes(name)), [], "not on the board")
  })
})
