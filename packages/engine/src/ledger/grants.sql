-- What each role may do, said again after every migration; nothing where the roles of ops/postgres/roles.sql are not made.
-- Every table is named here, be it to grant nothing: a table that nobody thought about fails a test.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'berth_engine') THEN
    RETURN;
  END IF;
  REVOKE ALL ON ALL TABLES IN SCHEMA public FROM berth_engine, berth_server, berth_scheduler, berth_reader;
  REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM berth_engine, berth_server, berth_scheduler, berth_reader;

  -- Server and scheduler read the timetable and the sales; both load runs into Redis, and both promote.
  GRANT SELECT ON store_clock, station, route, route_stop, train, train_service, train_service_exception, run,
    coach_class, coach_berth, coach_berth_type, train_seat_config, berth, berth_quota, pnr_key,
    booking, passenger, sale, waitlist_counter, waitlist_entry, idempotency_key, refused_commit TO berth_engine;
  GRANT UPDATE (epoch, state, applied_version) ON run TO berth_engine;
  -- A berth that was sold is never deleted: only what the same transaction has just written, where a party did not fit.
  GRANT INSERT, DELETE, UPDATE (active, freeing) ON sale TO berth_engine;
  GRANT UPDATE (state, epoch) ON booking TO berth_engine;
  GRANT UPDATE (state, berth) ON passenger TO berth_engine;
  GRANT UPDATE (state, passengers, leaving) ON waitlist_entry TO berth_engine;
  -- Acts with its owner's rights, and checks what it is asked.
  GRANT EXECUTE ON FUNCTION move_sales TO berth_engine;
  -- Both end holds and settle payments. The books are only added to.
  GRANT SELECT ON booking_hold, payment, refund, outbox, entry TO berth_engine;
  GRANT UPDATE (state) ON booking_hold, payment, refund TO berth_engine;
  GRANT INSERT, UPDATE (attempts, due_at, done) ON outbox TO berth_engine;
  GRANT INSERT ON entry, idempotency_key TO berth_engine;
  -- Both tell of what happens to bookings, by triggers, and read what was told.
  GRANT INSERT ON event_outbox TO berth_engine;
  GRANT SELECT ON event, event_log, webhook_delivery TO berth_engine;
  GRANT SELECT (id, user_id, url, scope, created_at) ON webhook TO berth_engine;

  -- The server books, and edits seats for admins; the triggers of an edit act with its rights.
  GRANT SELECT ON account, session, totp, recovery_code, mail_code, audit TO berth_server;
  GRANT INSERT, UPDATE (role, email, password_hash, erased_at) ON account TO berth_server;
  GRANT INSERT, DELETE, UPDATE (seen_at) ON session TO berth_server;
  GRANT INSERT, DELETE, UPDATE ON totp TO berth_server;
  GRANT INSERT, DELETE ON recovery_code, mail_code TO berth_server;
  -- To erase a person's name.
  GRANT UPDATE (name) ON passenger TO berth_server;
  GRANT INSERT ON booking, booking_hold, passenger, waitlist_entry, payment, refund, audit TO berth_server;
  GRANT DELETE ON idempotency_key TO berth_server;
  GRANT INSERT ON refused_commit TO berth_server;
  GRANT INSERT, UPDATE (last_number) ON waitlist_counter TO berth_server;
  GRANT USAGE ON SEQUENCE pnr_serial TO berth_server;
  GRANT INSERT, DELETE, UPDATE (seat_count) ON train_seat_config TO berth_server;
  GRANT UPDATE (config_version, repack) ON train TO berth_server;
  GRANT INSERT, UPDATE (active, quota) ON berth TO berth_server;
  GRANT INSERT ON berth_quota TO berth_server;

  -- It takes webhooks down, and their secrets it cannot read again.
  GRANT INSERT, DELETE ON webhook TO berth_server;
  GRANT UPDATE (dead, attempts, due_at) ON webhook_delivery TO berth_server;

  -- The scheduler numbers events and sends them.
  GRANT SELECT, DELETE ON event_outbox TO berth_scheduler;
  GRANT INSERT, DELETE ON event TO berth_scheduler;
  GRANT UPDATE (last_id, published_id, pruned_id, outbox_floor, fenced_id, fence) ON event_log TO berth_scheduler;
  GRANT SELECT ON SEQUENCE event_outbox_id_seq TO berth_scheduler;
  GRANT SELECT (secret) ON webhook TO berth_scheduler;
  GRANT INSERT, DELETE, UPDATE (attempts, due_at, dead, failure) ON webhook_delivery TO berth_scheduler;

  -- The scheduler makes the runs of the window and forgets old keys.
  GRANT INSERT ON run TO berth_scheduler;
  GRANT DELETE ON idempotency_key, refused_commit TO berth_scheduler;

  -- Reports: everything but secrets and persons.
  GRANT SELECT ON store_clock, station, route, route_stop, train, train_service, train_service_exception, run,
    coach_class, coach_berth, coach_berth_type, train_seat_config, berth, berth_quota, sale, waitlist_counter,
    booking_hold, payment, refund, entry, rule_pack, migration TO berth_reader;
  GRANT SELECT (pnr, run_id, epoch, travel_class, quota, from_stop, to_stop, same_coach, lower_berths_min, state, created_at)
    ON booking TO berth_reader;
  GRANT SELECT (pnr, number, age, gender, wish, state, berth, moved_from, waitlist_number) ON passenger TO berth_reader;
  GRANT SELECT (pnr, run_id, travel_class, kind, number, passengers, state, leaving) ON waitlist_entry TO berth_reader;
  GRANT SELECT ON event, event_log TO berth_reader;
  -- Not for reports: outbox, event_outbox, webhook, webhook_delivery.
END
$$
