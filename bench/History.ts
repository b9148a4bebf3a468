import { pnrOf } from "@berth/engine/ledger/PnrCipher"
import { Schema } from "effect"
import { type Database, openDatabase } from "./Database.ts"
import { addRunningDays, addTrains, legs, ordinaryPools } from "./Network.ts"

/** With the trains that are there already, 100,000 runs in a window of 61 days. */
const trainsOfHistory = 1_640
const berthsPerRun = 100
const passengersPerBooking = 2
const trainsPerStatement = 100
const bookingsPerStatement = 50_000

const name = (train: number): string => `H${String(train).padStart(4, "0")}`
const user = "'user' || n % 1000003"
const first = `n % ${passengersPerBooking} = 0`

const Count = Schema.Struct({ count: Schema.Finite })
const Serials = Schema.Struct({ key: Schema.Array(Schema.Int), start: Schema.Finite })

/** Takes PNRs as a server takes them, so that nobody is given one of them again; `bench_pnr` has them by their number. */
const takePnrs = async (database: Database): Promise<void> => {
  const [sold] = await database.rows(Count, "SELECT count(*)::float8 AS count FROM bench_sold")
  const bookings = Math.ceil((sold?.count ?? 0) / passengersPerBooking)
  const [serials] = await database.rows(
    Serials,
    `SELECT key, start::float8 AS start FROM pnr_key, nextval('pnr_serial') AS start,
      setval('pnr_serial', start + (${bookings} / 1000 + 1) * 1000)`
  )
  if (serials === undefined) throw new Error("the database has no key for PNRs")
  const insert = (from: number) => {
    const count = Math.min(bookingsPerStatement, bookings - from)
    const pnrs = Array.from({ length: count }, (_, n) => pnrOf(serials.key, serials.start + from + n))
    return `INSERT INTO bench_pnr SELECT ${from} + number - 1, pnr
      FROM unnest('{${pnrs.join(",")}}'::text[]) WITH ORDINALITY AS p (pnr, number)`
  }
  await database.run("CREATE UNLOGGED TABLE bench_pnr (number bigint, pnr text)")
  for (let from = 0; from < bookings; from += bookingsPerStatement) {
    await database.run(insert(from))
  }
  await database.alone("ANALYZE bench_pnr")
}

/** The runs that there will be, and of each the lot that is sold on the whole route; numbered as `domain/RunId.ts` has it. */
const sold = [
  "CREATE UNLOGGED TABLE bench_sold (run_id bigint, berth bigint, n bigint)",
  `INSERT INTO bench_sold
    SELECT id, id * 65536 + b.number, (row_number() OVER ()) - 1
    FROM (
      SELECT t.number AS train_number, b.number FROM train t CROSS JOIN LATERAL (
        SELECT number FROM berth WHERE train_number = t.number AND travel_class = 'SL' AND quota = 'GN'
        ORDER BY number LIMIT ${berthsPerRun}
      ) b WHERE t.id LIKE 'H____'
    ) b
    CROSS JOIN LATERAL (
      SELECT (date - DATE '2020-01-01')::bigint * 4194304 + b.train_number AS id FROM (SELECT DISTINCT date FROM run) d
    ) r`
]

const named = `bench_sold JOIN bench_pnr ON bench_pnr.number = n / ${passengersPerBooking}`

const sales = [
  `INSERT INTO sale (berth, legs, pnr, passenger)
    SELECT berth, '[0,${legs})', pnr, n % ${passengersPerBooking} + 1 FROM ${named}`
]

const bookings = [
  `INSERT INTO booking (pnr, run_id, epoch, user_id, travel_class, quota, from_stop, to_stop, same_coach, lower_berths_min,
      state, created_at)
    SELECT pnr, run_id, 1, ${user}, 'SL', 'GN', 0, ${legs}, false, 0, 'CONFIRMED', now() - n * interval '1 millisecond'
    FROM ${named} WHERE ${first}`,
  `INSERT INTO passenger (pnr, number, name, age, state, berth)
    SELECT pnr, n % ${passengersPerBooking} + 1, 'Earlier Traveller', 30, 'CONFIRMED', berth FROM ${named}`,
  `INSERT INTO idempotency_key (key_hash, user_id, fingerprint, pnr, created_at)
    SELECT md5(n::text), ${user}, 'bench', pnr, now() FROM ${named} WHERE ${first}`
]

const Index = Schema.Struct({ table: Schema.String, drop: Schema.String, make: Schema.String })

/** Indexes whose entries come in no order: to make them afterwards takes a fraction of the time. */
const indexesMadeAfterwards = (database: Database) =>
  database.rows(
    Index,
    `SELECT conrelid::regclass::text AS table, format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop,
      format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS make
    FROM pg_constraint
    WHERE conrelid = 'sale'::regclass AND contype = 'x' OR conrelid = 'idempotency_key'::regclass AND contype = 'p'
    UNION ALL
    SELECT indrelid::regclass::text, format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
    FROM pg_index WHERE indrelid = 'booking'::regclass AND NOT indisunique`
  )

/** Triggers would tell of each booking that it was made, and ask for each row whether what it names is there. */
const bulk = ["SET LOCAL session_replication_role = replica", "SET LOCAL maintenance_work_mem = '1GB'"]

/** Writes sales, and beside them on the other processor everything else. */
const fill = async (database: Database): Promise<void> => {
  const beside = openDatabase(database.url)
  const indexes = await indexesMadeAfterwards(database)
  const write = (on: Database, inserts: ReadonlyArray<string>, isMine: (table: string) => boolean) => {
    const mine = indexes.filter(({ table }) => isMine(table))
    return on.run(...bulk, ...mine.map(({ drop }) => drop), ...inserts, ...mine.map(({ make }) => make))
  }
  try {
    await Promise.all([
      write(database, sales, (table) => table === "sale"),
      write(beside, bookings, (table) => table !== "sale")
    ])
  } finally {
    await beside.close()
  }
}

/**
 * Adds ten million sold berths and then the trains and runs that they are of, and tells the scheduler, which loads them:
 * no run is there before its sales are.
 */
export const fillHistory = async (database: Database, trains = trainsOfHistory): Promise<void> => {
  const names = Array.from({ length: trains }, (_, n) => name(n))
  for (let from = 0; from < trains; from += trainsPerStatement) {
    await addTrains(database, names.slice(from, from + trainsPerStatement), ordinaryPools)
  }
  await database.run(...sold)
  await takePnrs(database)
  await fill(database)
  // What autovacuum would do in the midst of what is measured.
  for (const table of ["sale", "booking", "passenger", "idempotency_key", "berth", "train"]) {
    await database.alone(`VACUUM (ANALYZE) ${table}`)
  }
  await addRunningDays(database, names)
  await database.run("DROP TABLE bench_sold, bench_pnr", "SELECT pg_notify('berth_timetable', '')")
}
