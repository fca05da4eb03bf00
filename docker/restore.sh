#!/bin/sh
# Restores a dump into a database that is new, or that has no schema of Spreadscope yet: restore.sh DATABASE FILE
# No service may be connected. The server is found as psql finds it (PGHOST, PGUSER, …); the login has to be one that may
# create databases, and on TimescaleDB a superuser. What roles may do, the aggregator sets at its next start.
set -eu
database=$1
dump=$2
ask() { psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --dbname "$1" --command "$2"; }

if ask template1 "SELECT datname FROM pg_database" | grep -qxF -- "$database"; then
    if [ -n "$(ask "$database" "SELECT to_regclass('schema_flavour')")" ]; then
        echo "restore.sh: $database holds data; rename it (ALTER DATABASE … RENAME TO …) or drop it first" >&2
        exit 1
    fi
    dropdb --force "$database"
fi
createdb --template template0 "$database"
if pg_restore --list "$dump" | grep -q ' EXTENSION - timescaledb'; then
    # It has to be there before its data, and must not act on them as they come in.
    ask "$database" "CREATE EXTENSION timescaledb"
    ask "$database" "SELECT timescaledb_pre_restore()" > /dev/null
    pg_restore --no-owner --no-privileges --exit-on-error --dbname "$database" "$dump"
    ask "$database" "SELECT timescaledb_post_restore()" > /dev/null
else
    pg_restore --no-owner --no-privileges --exit-on-error --single-transaction --dbname "$database" "$dump"
fi
ask "$database" "ANALYZE"
