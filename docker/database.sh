#!/bin/sh
# Starts the database as its image does, but lets no kill spoil a new one. The image takes a folder with a PG_VERSION for a
# whole cluster, and initdb writes that file first. So a new cluster is made in a folder of its own, and its PG_VERSION comes
# last to where the image looks for it.
set -eu
new=$PGDATA/new
if [ ! -e "$PGDATA/PG_VERSION" ]; then
    if [ -d "$new" ]; then
        echo "database.sh: a new database was not finished; it is made anew"
        # All of it comes from there, which goes last: it is the sign that nothing here was ever used.
        find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name new -exec rm -rf {} +
        rm -rf "$new"
    fi
    # What somebody else put here is left to the image, which refuses it.
    if [ -z "$(ls -A "$PGDATA")" ]; then
        PGDATA=$new docker-ensure-initdb.sh "$@"
        find "$new" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv {} "$PGDATA" \;
        # In this order on the disk, too.
        sync
        mv "$new/PG_VERSION" "$PGDATA"
        sync
        rmdir "$new"
    fi
fi
exec docker-entrypoint.sh "$@"
