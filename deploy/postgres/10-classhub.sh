#!/bin/sh
# The hub's own role and database, on an empty server: run once by the postgres image, by hand in docs/operations.md.
# The password comes in a file or in the environment; it is in no command line and in no log.
# The role is no superuser; CREATEROLE is for `classhub state grafana-role`, which makes one role that only reads.
set -eu
if [ -z "${CLASSHUB_STATE_PASSWORD:-}" ]; then
    file=/run/secrets/state.password
    [ -s "$file" ] || { echo "10-classhub.sh: $file is missing or empty: classhub stack init" >&2; exit 1; }
    CLASSHUB_STATE_PASSWORD=$(cat "$file")
fi
export CLASSHUB_STATE_PASSWORD
psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv password CLASSHUB_STATE_PASSWORD
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
CREATE ROLE classhub LOGIN CREATEROLE PASSWORD :'password';
CREATE DATABASE classhub OWNER classhub ENCODING 'UTF8' TEMPLATE template0;
SQL
