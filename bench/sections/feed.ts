import { PgClient } from "@effect/sql-pg"
import { Effect, Redacted } from "effect"
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { startInstance, withFolder } from "../Instance.ts"
import { cost, type Measurement } from "../Measurement.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** A feed imported into a running instance, and its booking window loaded into Redis. */
export const feed = async (path: string): Promise<ReadonlyArray<Measurement>> =>
  withFolder(async (folder) => {
    const instance = await startInstance(folder)
    try {
      const startedAt = performance.now()
      const imported = spawnSync(process.execPath, ["scripts/import.ts", path], {
        cwd: root,
        env: { ...process.env, BERTH_DATA_DIR: folder },
        stdio: ["ignore", "ignore", "inherit"]
      })
      const importSeconds = (performance.now() - startedAt) / 1000
      if (imported.status !== 0) {
        throw new Error(`the import of ${path} failed`)
      }
      const unloaded = Effect.gen(function*() {
        const sql = yield* PgClient.PgClient
        for (;;) {
          const [row] =
            yield* sql`SELECT count(*)::int AS runs, count(*) FILTER (WHERE state IN ('NEW', 'REBUILDING'))::int AS unloaded,
            (SELECT count(*)::int FROM train WHERE NOT EXISTS (SELECT FROM run WHERE run.train_id = train.id)) AS without
            FROM run`
          if (row?.["unloaded"] === 0 && Number(row["runs"]) > 5_000) {
            return Number(row["runs"])
          }
          yield* Effect.sleep("100 millis")
        }
      }).pipe(Effect.provide(PgClient.layer({ url: Redacted.make(instance.databaseUrl) })))
      const runs = await Effect.runPromise(unloaded)
      const seededSeconds = (performance.now() - startedAt) / 1000 - importSeconds
      return [
        cost("feed imported", importSeconds, "s", { floor: 30, note: path }),
        cost("its window seeded", seededSeconds, "s", { floor: 60, note: `${runs} runs; ${instance.stores}` })
      ]
    } finally {
      await instance.stop()
    }
  })
