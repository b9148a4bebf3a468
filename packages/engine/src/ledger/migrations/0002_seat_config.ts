import { berthTypes } from "@berth/domain/BerthType"
import { bayMask, baysPerCoach } from "@berth/domain/CoachLayout"
import { quotas } from "@berth/domain/Quota"
import { coachLayouts } from "@berth/domain/rules/CoachLayouts"
import { travelClasses } from "@berth/domain/TravelClass"
import { Array as Arr, Effect } from "effect"
import { SqlClient } from "effect/sql"

/** One row a berth of a coach, with its rank among the berths of its type there. */
const coachBerths = Arr.flatMap(travelClasses, (travelClass) => {
  const layout = coachLayouts[travelClass]
  const seen = new Map<string, number>()
  return Arr.makeBy(layout.berthsPerCoach, (index) => {
    const bay = Math.floor(index / layout.bay.length)
    const position = index % layout.bay.length
    const berth = berthTypes.find((type) => (bayMask(layout, type) & (1 << position)) !== 0) ?? "LB"
    const rank = (seen.get(berth) ?? 0) + 1
    seen.set(berth, rank)
    return { travel_class: travelClass, number: index + 1, bay, position, berth, rank_in_type: rank }
  })
})

const coachClasses = Arr.map(travelClasses, (travelClass, ordinal) => ({
  travel_class: travelClass,
  ordinal,
  prefix: coachLayouts[travelClass].coachPrefix,
  bays: baysPerCoach(coachLayouts[travelClass])
}))

/**
 * The seat configuration that operators edit, and the berths that follow from it.
 *
 * Berths are kept by triggers in the operator's own transaction, so that an edit by page, API or SQL is whole or not at
 * all. The k-th berth of a type in a class is the k-th such number along the coaches: a list that only grows.
 */
export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    CREATE TABLE coach_class (
      travel_class text PRIMARY KEY,
      ordinal smallint NOT NULL UNIQUE CHECK (ordinal BETWEEN 0 AND 7),
      prefix text NOT NULL UNIQUE,
      bays smallint NOT NULL
    )`
  yield* sql`
    CREATE TABLE coach_berth (
      travel_class text NOT NULL REFERENCES coach_class,
      number smallint NOT NULL,
      bay smallint NOT NULL,
      position smallint NOT NULL CHECK (position BETWEEN 0 AND 7),
      berth text NOT NULL,
      rank_in_type smallint NOT NULL,
      PRIMARY KEY (travel_class, number),
      UNIQUE (travel_class, berth, rank_in_type)
    )`
  yield* sql`INSERT INTO coach_class ${sql.insert(coachClasses)}`
  yield* sql`INSERT INTO coach_berth ${sql.insert(coachBerths)}`
  yield* sql`
    CREATE TABLE coach_berth_type AS
    SELECT travel_class, berth, count(*)::int AS per_coach FROM coach_berth GROUP BY travel_class, berth`
  yield* sql`ALTER TABLE coach_berth_type ADD PRIMARY KEY (travel_class, berth)`
  yield* sql`ANALYZE coach_class, coach_berth, coach_berth_type`

  yield* sql`
    CREATE TABLE train_seat_config (
      train_id text NOT NULL REFERENCES train,
      travel_class text NOT NULL,
      quota text NOT NULL CHECK (quota = ANY (string_to_array('${sql.literal(quotas.join(","))}', ','))),
      berth text NOT NULL,
      seat_count integer NOT NULL CHECK (seat_count BETWEEN 0 AND 5000),
      PRIMARY KEY (train_id, travel_class, quota, berth),
      FOREIGN KEY (travel_class, berth) REFERENCES coach_berth_type
    )`

  // Written by the triggers alone. No foreign key to train: the national network has 1.5 million of these rows, and
  // checking each would double the time of an import.
  yield* sql`
    CREATE TABLE berth (
      train_number integer NOT NULL,
      number integer NOT NULL CHECK (number BETWEEN 0 AND 65535),
      travel_class text NOT NULL,
      berth text NOT NULL,
      quota text NOT NULL,
      name text NOT NULL,
      active boolean NOT NULL DEFAULT true,
      PRIMARY KEY (train_number, number)
    )`
  // Every pool that a train was ever configured with: what Redis may have keys of. Written by the triggers alone.
  yield* sql`
    CREATE TABLE berth_quota (
      train_number integer NOT NULL,
      travel_class text NOT NULL,
      quota text NOT NULL,
      PRIMARY KEY (train_number, travel_class, quota)
    )`
  yield* sql`COMMENT ON COLUMN berth.number IS 'class ordinal in the high bits, 8192 slots a class; see domain/RunId.ts'`

  yield* sql`
    CREATE FUNCTION apply_seat_config(train_ids text[]) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
      train_numbers integer[];
      beyond record;
    BEGIN
      -- Two edits of one train take turns; the order keeps edits of many trains from deadlock.
      train_numbers := ARRAY(SELECT number FROM train WHERE id = ANY (train_ids) ORDER BY id FOR NO KEY UPDATE);

      FOR beyond IN
        SELECT c.train_id, c.travel_class, c.berth FROM train_seat_config c
        JOIN coach_berth_type y USING (travel_class, berth)
        WHERE c.train_id = ANY (train_ids)
        GROUP BY c.train_id, c.travel_class, c.berth, y.per_coach
        HAVING sum(c.seat_count) > 40 * y.per_coach
        LIMIT 1
      LOOP
        RAISE EXCEPTION 'train %, class %, berth %: more seats than 40 coaches have', beyond.train_id,
          beyond.travel_class, beyond.berth USING ERRCODE = 'check_violation', HINT = 'Lower seat_count.';
      END LOOP;

      -- A pool that shrank retires its highest berths.
      UPDATE berth b SET active = false
      FROM (
        SELECT held.train_number, held.number,
          row_number() OVER (PARTITION BY t.id, held.travel_class, held.quota, held.berth ORDER BY held.number) AS rank,
          coalesce(c.seat_count, 0) AS wanted
        FROM train t
        JOIN berth held ON held.train_number = t.number AND held.active
        LEFT JOIN train_seat_config c
          ON c.train_id = t.id AND c.travel_class = held.travel_class AND c.quota = held.quota AND c.berth = held.berth
        WHERE t.id = ANY (train_ids)
      ) ranked
      WHERE ranked.rank > ranked.wanted AND b.train_number = ranked.train_number AND b.number = ranked.number;

      -- A pool that grew takes back retired berths of its type, from whatever quota, before it adds new ones. Pools are
      -- ranges of ranks rather than rows, for a nation's first configuration has 1.5 million berths.
      WITH held AS MATERIALIZED (
        SELECT train_number, travel_class, berth, quota, count(*) FILTER (WHERE active) AS active, count(*) AS known
        FROM berth WHERE train_number = ANY (train_numbers)
        GROUP BY train_number, travel_class, berth, quota
      ), stock AS (
        SELECT train_number, travel_class, berth, sum(known)::integer AS known, sum(known - active)::integer AS retired
        FROM held GROUP BY train_number, travel_class, berth
      ), wanted AS (
        SELECT t.number AS train_number, c.travel_class, c.berth, c.quota,
          c.seat_count - coalesce(h.active, 0)::integer AS more
        FROM train_seat_config c
        JOIN train t ON t.id = c.train_id
        LEFT JOIN held h ON h.train_number = t.number
          AND h.travel_class = c.travel_class AND h.berth = c.berth AND h.quota = c.quota
        WHERE c.train_id = ANY (train_ids)
      ), pool AS MATERIALIZED (
        SELECT w.*, coalesce(s.known, 0) AS known, coalesce(s.retired, 0) AS retired,
          sum(w.more) OVER (PARTITION BY w.train_number, w.travel_class, w.berth ORDER BY w.quota)::integer AS last_rank
        FROM wanted w LEFT JOIN stock s USING (train_number, travel_class, berth)
        WHERE w.more > 0
      ), retired AS (
        SELECT b.train_number, b.number, b.travel_class, b.berth,
          row_number() OVER (PARTITION BY b.train_number, b.travel_class, b.berth ORDER BY b.number) AS rank
        FROM berth b WHERE b.train_number = ANY (train_numbers) AND NOT b.active
      ), taken_back AS (
        UPDATE berth b SET active = true, quota = p.quota
        FROM retired r JOIN pool p USING (train_number, travel_class, berth)
        WHERE r.rank > p.last_rank - p.more AND r.rank <= p.last_rank
          AND b.train_number = r.train_number AND b.number = r.number
      )
      INSERT INTO berth (train_number, number, travel_class, berth, quota, name)
      SELECT p.train_number,
        cls.ordinal * 8192 + 8 * (coach * cls.bays + c.bay) + c.position,
        p.travel_class, p.berth, p.quota,
        cls.prefix || (coach + 1) || '-' || c.number
      FROM (
        SELECT p.train_number, p.travel_class, p.berth, p.quota,
          p.known + greatest(p.last_rank - p.more - p.retired, 0) + 1 AS first_of_type,
          p.known + p.last_rank - p.retired AS last_of_type
        FROM pool p
      ) p
      JOIN coach_class cls USING (travel_class)
      JOIN coach_berth_type y USING (travel_class, berth)
      JOIN coach_berth c USING (travel_class, berth)
      -- The coaches, from 0, in which the berth with this rank in its coach falls to the pool.
      CROSS JOIN LATERAL generate_series(
        (p.first_of_type - c.rank_in_type + y.per_coach - 1) / y.per_coach,
        (p.last_of_type - c.rank_in_type + y.per_coach) / y.per_coach - 1
      ) AS coach;

      INSERT INTO berth_quota
      SELECT DISTINCT t.number, c.travel_class, c.quota
      FROM train t JOIN train_seat_config c ON c.train_id = t.id WHERE t.id = ANY (train_ids)
      ON CONFLICT DO NOTHING;
      UPDATE train SET config_version = config_version + 1 WHERE id = ANY (train_ids);
      -- Train and version only: a payload has a limit of 8,000 bytes, and a listener reads the rest from the tables.
      PERFORM pg_notify('berth_config', id || ' ' || config_version) FROM train WHERE id = ANY (train_ids);
    END
    $$`

  yield* sql`
    CREATE FUNCTION seat_config_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'TRUNCATE' THEN
        PERFORM apply_seat_config(ARRAY(
          SELECT id FROM train t WHERE EXISTS (SELECT FROM berth b WHERE b.train_number = t.number AND b.active)
        ));
      ELSIF TG_OP = 'UPDATE' THEN
        PERFORM apply_seat_config(ARRAY(
          SELECT train_id FROM changed_from UNION SELECT train_id FROM changed
        ));
      ELSE
        PERFORM apply_seat_config(ARRAY(SELECT DISTINCT train_id FROM changed));
      END IF;
      RETURN NULL;
    END
    $$`
  yield* sql`
    CREATE TRIGGER seat_config_inserted AFTER INSERT ON train_seat_config
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION seat_config_changed()`
  yield* sql`
    CREATE TRIGGER seat_config_updated AFTER UPDATE ON train_seat_config
    REFERENCING OLD TABLE AS changed_from NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION seat_config_changed()`
  yield* sql`
    CREATE TRIGGER seat_config_deleted AFTER DELETE ON train_seat_config
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION seat_config_changed()`
  yield* sql`
    CREATE TRIGGER seat_config_truncated AFTER TRUNCATE ON train_seat_config
    FOR EACH STATEMENT EXECUTE FUNCTION seat_config_changed()`
})
