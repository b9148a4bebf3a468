import type { Database } from "./Database.ts"
import { addTrains, legs, ordinaryPools } from "./Network.ts"

/** With the trains that are there already, 100,000 runs in a window of 61 days. */
const trains = 1_640
const berthsPerRun = 100
const passengersPerBooking = 2
const trainsPerStatement = 100

/** Every berth of the lot is sold on the whole route: its number is run, class and slot, as `domain/RunId.ts` has it. */
const sales = [
  `CREATE TEMPORARY TABLE sold AS
    SELECT r.id * 65536 + b.number AS berth, r.id AS run_id, (row_number() OVER ()) - 1 AS n
    FROM run r CROSS JOIN LATERAL (
      SELECT number FROM berth WHERE train_number = r.train_number AND travel_class = 'SL' AND quota = 'GN'
      ORDER BY number LIMIT ${berthsPerRun}
    ) b
    WHERE r.state = 'NEW'`,
  "ALTER TABLE sale DROP CONSTRAINT sale_berth_places_legs_excl",
  `INSERT INTO sale (berth, legs, pnr, passenger)
    SELECT berth, '[0,${legs})', (9000000000 + n / ${passengersPerBooking})::text, n % ${passengersPerBooking} + 1 FROM sold`,
  `INSERT INTO booking (pnr, run_id, epoch, user_id, travel_class, quota, from_stop, to_stop, same_coach, lower_berths_min,
      state, created_at)
    SELECT (9000000000 + n / ${passengersPerBooking})::text, run_id, 1, 'user' || n % 1000003, 'SL', 'GN', 0, ${legs}, false, 0,
      'CONFIRMED', now() - n * interval '1 millisecond'
    FROM sold WHERE n % ${passengersPerBooking} = 0`,
  `INSERT INTO passenger (pnr, number, name, age, state, berth)
    SELECT (9000000000 + n / ${passengersPerBooking})::text, n % ${passengersPerBooking} + 1, 'Earlier Traveller', 30,
      'CONFIRMED', berth FROM sold`,
  `INSERT INTO idempotency_key (key_hash, user_id, fingerprint, pnr, created_at)
    SELECT md5(n::text), 'user' || n % 1000003, 'bench', (9000000000 + n / ${passengersPerBooking})::text, now()
    FROM sold WHERE n % ${passengersPerBooking} = 0`,
  `ALTER TABLE sale ADD CONSTRAINT sale_berth_places_legs_excl
    EXCLUDE USING gist (berth WITH =, places WITH &&, legs WITH &&) WHERE (active)`,
  "DROP TABLE sold"
]

/**
 * Adds trains, the runs of their window and ten million sold berths, and tells the scheduler, which then loads them. One
 * transaction holds it all, so that no run is loaded before its sales are there.
 */
export const fillHistory = async (database: Database): Promise<void> => {
  for (let first = 0; first < trains; first += trainsPerStatement) {
    const names = Array.from({ length: trainsPerStatement }, (_, n) => `H${String(first + n).padStart(4, "0")}`)
    await addTrains(database, names.slice(0, trains - first), ordinaryPools)
  }
  await database.run(
    "SET LOCAL maintenance_work_mem = '1GB'",
    `INSERT INTO run (id, train_id, train_number, date, route_id)
      SELECT (r.date - DATE '2020-01-01')::bigint * 4194304 + t.number, t.id, t.number, r.date, r.route_id
      FROM train t, (SELECT DISTINCT date, route_id FROM run) r WHERE t.id LIKE 'H____' ORDER BY r.date, t.number`,
    ...sales
  )
  await database.run("ANALYZE")
  await database.run("SELECT pg_notify('berth_timetable', '')")
}
