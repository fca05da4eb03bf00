#!/bin/sh
# Makes the passwords of the database's logins: what the environment says, else something random, once. Each lies in a
# volume that only those mount who need it.
set -eu
umask 022
make() {
    file=/passwords/$1
    if [ -n "$2" ]; then
        printf '%s\n' "$2" > "$file.new"
    elif [ -s "$file" ]; then
        return
    else
        head -c 24 /dev/urandom | base64 | tr '+/' '-_' > "$file.new"
    fi
    mv "$file.new" "$file"
}
make owner/password "${POSTGRES_PASSWORD:-}"
make ingestor/password "${INGESTOR_PASSWORD:-}"
make api/password "${API_PASSWORD:-}"
make api/reader-password "${READER_PASSWORD:-}"
