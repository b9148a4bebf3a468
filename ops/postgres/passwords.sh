#!/bin/sh
# Run once by the image of PostgreSQL after roles.sql, when it makes the database.
set -eu
psql --quiet --no-psqlrc --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
\getenv migrator BERTH_MIGRATOR_PASSWORD
\getenv server BERTH_SERVER_PASSWORD
\getenv scheduler BERTH_SCHEDULER_PASSWORD
\getenv reader BERTH_READER_PASSWORD
ALTER ROLE berth_migrator PASSWORD :'migrator';
ALTER ROLE berth_server PASSWORD :'server';
ALTER ROLE berth_scheduler PASSWORD :'scheduler';
ALTER ROLE berth_reader PASSWORD :'reader';
SQL
