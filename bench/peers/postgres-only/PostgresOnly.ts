import { fileURLToPath } from "node:url"
import type { Database } from "../../Database.ts"
import { startProgram } from "../../Program.ts"

/** The peer's server, and nothing that must be stopped but it. */
export interface PostgresOnly {
  readonly url: string
  readonly processId: number
  stop(): Promise<void>
}

// A mask of legs a berth, 1 = sold. Room is left in each page, so that selling a berth touches no index. What Berth keeps
// beyond these (idempotency keys, an index of bookings by run, the exclusion constraint) the peer is spared.
const tables = [
  "CREATE SCHEMA postgres_only",
  `CREATE TABLE postgres_only.run (
    id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY, train_id text NOT NULL, date date NOT NULL, UNIQUE (train_id, date))`,
  `CREATE TABLE postgres_only.seat (
    run_id integer NOT NULL, travel_class text NOT NULL, quota text NOT NULL, slot smallint NOT NULL,
    sold bigint NOT NULL DEFAULT 0, PRIMARY KEY (run_id, travel_class, quota, slot)) WITH (fillfactor = 50)`,
  `CREATE TABLE postgres_only.booking (
    pnr bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (START 1000000000), run_id integer NOT NULL, user_id text NOT NULL,
    travel_class text NOT NULL, quota text NOT NULL, from_stop smallint NOT NULL, to_stop smallint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now())`,
  "CREATE INDEX ON postgres_only.booking (user_id, created_at DESC, pnr DESC)",
  `CREATE TABLE postgres_only.passenger (
    pnr bigint NOT NULL, number smallint NOT NULL, name text NOT NULL, age smallint NOT NULL, gender text, wish text,
    slot smallint NOT NULL, PRIMARY KEY (pnr, number))`,
  "INSERT INTO postgres_only.run (train_id, date) SELECT train_id, date FROM run ORDER BY date, train_id",
  `INSERT INTO postgres_only.seat (run_id, travel_class, quota, slot)
    SELECT p.id, b.travel_class, b.quota, b.number & 8191
    FROM postgres_only.run p JOIN train t ON t.id = p.train_id JOIN berth b ON b.train_number = t.number
    WHERE b.travel_class = 'SL' AND b.quota = 'GN' AND b.active ORDER BY 1, 2, 3, 4`
]

/** Starts the peer on a database that has Berth's runs, with the general quota of the sleeper class to sell. */
export const startPostgresOnly = async (database: Database): Promise<PostgresOnly> => {
  await database.run(...tables)
  await database.run("ANALYZE postgres_only.seat")
  const program = await startProgram({
    file: fileURLToPath(new URL("main.ts", import.meta.url)),
    env: { DATABASE_URL: database.url },
    ready: /serves at (\S+)\n/
  })
  const url = /serves at (\S+)/.exec(program.output)?.[1] ?? ""
  return { url, processId: program.processId, stop: program.stop }
}
