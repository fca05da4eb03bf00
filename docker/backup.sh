#!/bin/sh
# Writes a dump of a database to standard output: backup.sh DATABASE > FILE
# Services may go on meanwhile: the dump is of one moment. The server is found as psql finds it (PGHOST, PGUSER, …).
set -eu
# Of the circular references within TimescaleDB's own catalogue it warns in vain.
exec pg_dump --format custom --no-owner --no-privileges "$1"
