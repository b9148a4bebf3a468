import type { SqlClient } from "effect/sql"

/** Where holds, payments and the books of the bookings of some runs do not agree; with OFFSET 0 as in AuditRows. */
export const selectBooksContradictions = (sql: SqlClient.SqlClient, ids: string) =>
  sql`
    WITH runs AS MATERIALIZED (
      SELECT n::bigint AS id FROM jsonb_array_elements_text(${ids}::text::jsonb) n
    ), held AS MATERIALIZED (
      SELECT b.run_id, h.pnr, h.state FROM runs
      CROSS JOIN LATERAL (SELECT * FROM booking b WHERE b.run_id = runs.id OFFSET 0) b
      JOIN booking_hold h USING (pnr)
    ), paid AS MATERIALIZED (
      SELECT held.run_id, p.id, p.pnr, p.state, p.amount_paise FROM held JOIN payment p USING (pnr)
    ), said AS (
      SELECT paid.run_id, paid.pnr, paid.id,
        CASE WHEN paid.state = 'captured' THEN paid.amount_paise ELSE 0 END - coalesce(sum(r.amount_paise)
          FILTER (WHERE r.state = 'paid'), 0) AS gateway,
        coalesce(sum(r.amount_paise), 0)
          - CASE WHEN paid.state IN ('authorised', 'captured') THEN paid.amount_paise ELSE 0 END AS revenue
      FROM paid LEFT JOIN refund r ON r.payment_id = paid.id
      GROUP BY paid.run_id, paid.pnr, paid.id, paid.state, paid.amount_paise
    ), booked AS (
      SELECT paid.id,
        coalesce(sum(e.amount_paise) FILTER (WHERE e.account = 'gateway'), 0) AS gateway,
        coalesce(sum(e.amount_paise) FILTER (WHERE e.account = 'revenue'), 0) AS revenue,
        coalesce(sum(e.amount_paise) FILTER (WHERE e.account = 'passenger'), 0) AS passenger
      FROM paid LEFT JOIN entry e ON e.payment_id = paid.id GROUP BY paid.id
    ), contradiction AS (
      SELECT said.run_id, 'the books do not say what was paid' AS subject,
        format('books of payment %s of %s: gateway %s, revenue %s, passenger %s paise',
          said.id, said.pnr, booked.gateway, booked.revenue, booked.passenger) AS one,
        format('payment and refunds: gateway %s, revenue %s, passenger %s paise',
          said.gateway, said.revenue, - said.gateway - said.revenue) AS other
      FROM said JOIN booked USING (id)
      WHERE (booked.gateway, booked.revenue, booked.passenger)
        <> (said.gateway, said.revenue, - said.gateway - said.revenue)
      UNION ALL
      SELECT held.run_id, 'a hold did not end as its payments say', format('the hold of %s is %s', held.pnr, held.state),
        format('its payments: %s', coalesce(string_agg(p.state, ', '), 'none'))
      FROM held LEFT JOIN paid p USING (pnr) GROUP BY held.run_id, held.pnr, held.state
      HAVING count(*) FILTER (WHERE p.state IN ('authorised', 'captured')) > 1
        OR (held.state = 'confirmed') > (count(*) FILTER (WHERE p.state IN ('authorised', 'captured')) = 1)
        OR (held.state = 'held') AND count(*) FILTER (WHERE p.state NOT IN ('pending', 'failed')) > 0
        OR (held.state = 'released') AND count(*) FILTER (WHERE p.state IN ('late', 'authorised', 'captured')) > 0
      UNION ALL
      SELECT held.run_id, 'a booking that was not paid in time has passengers',
        format('the hold of %s is %s', held.pnr, held.state), format('passengers that travel or wait: %s', count(*))
      FROM held CROSS JOIN LATERAL (SELECT * FROM passenger x WHERE x.pnr = held.pnr OFFSET 0) x
      WHERE x.state <> 'CANCELLED' AND held.state IN ('released', 'expired')
        AND NOT EXISTS (SELECT FROM paid p WHERE p.pnr = held.pnr AND p.state IN ('authorised', 'captured'))
      GROUP BY held.run_id, held.pnr, held.state
    )
    SELECT run_id::float8 AS "runId", subject, one, other FROM contradiction ORDER BY run_id, subject, one, other`
