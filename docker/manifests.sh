#!/bin/sh
# Copies what decides which dependencies are built, with empty programs in place of the project's own sources: an image
# layer that is made of it stays the same until a dependency changes.
set -eu
to=$1
mkdir -p "$to"
cp --parents --target-directory "$to" Cargo.toml Cargo.lock .cargo/config.toml crates/*/Cargo.toml frontend/Cargo.toml
for source in crates/*/build.rs crates/*/src/lib.rs crates/*/src/main.rs crates/*/src/bin/*.rs crates/*/benches/*.rs crates/*/benches/*/main.rs \
    crates/*/tests/*.rs crates/*/tests/*/main.rs \
    crates/*/examples/*.rs frontend/src/lib.rs frontend/src/main.rs; do
    if [ -f "$source" ]; then
        mkdir -p "$to/$(dirname "$source")"
        echo 'fn main() {}' > "$to/$source"
    fi
done
