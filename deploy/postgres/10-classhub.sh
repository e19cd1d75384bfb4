#!/bin/sh
# Run once by the postgres image on an empty volume, and by hand in docs/operations.md: the hub's own role and database.
# The role is no superuser; CREATEROLE is for `classhub state grafana-role`, which may only touch roles it has made.
set -eu
password_file="${CLASSHUB_STATE_PASSWORD_FILE:-/run/secrets/state.password}"
[ -s "$password_file" ] || { echo "10-classhub.sh: $password_file is missing or empty" >&2; exit 1; }
# The password comes in through a file the server never sees in a command line: psql reads it into a variable.
psql -v ON_ERROR_STOP=1 --no-psqlrc --username "${POSTGRES_USER:-postgres}" --dbname postgres --quiet <<SQL
\\set password \`cat "$password_file"\`
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
CREATE ROLE classhub LOGIN CREATEROLE PASSWORD :'password';
CREATE DATABASE classhub OWNER classhub ENCODING 'UTF8' TEMPLATE template0;
SQL
