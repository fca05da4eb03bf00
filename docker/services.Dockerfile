# The ingestor, the aggregator, the api and the simulated exchange in one image; the command chooses.
# Base images are arguments, so that they can come from a mirror. Nothing needs more than the classic builder.
ARG BUILD_IMAGE=rust:1.95-bookworm
ARG RUN_IMAGE=debian:bookworm-slim

# hadolint ignore=DL3006
FROM ${BUILD_IMAGE} AS manifests
WORKDIR /src
COPY . .
RUN docker/manifests.sh /manifests

# Dependencies are a layer of their own, which changes of the project's own sources leave as it is.
# hadolint ignore=DL3006
FROM ${BUILD_IMAGE} AS dependencies
WORKDIR /src
ENV PACKAGES="--package ingestor --package aggregator --package api --package exchange-sim --package service"
COPY --from=manifests /manifests .
# hadolint ignore=SC2086
RUN cargo build --release --locked $PACKAGES

FROM dependencies AS build
COPY migrations migrations
COPY crates crates
COPY docker/passwords.sh docker/passwords.sh
# Cargo goes by times, and these sources may be older than the empty ones that were compiled before. Function names stay in
# the programs, for backtraces.
# hadolint ignore=SC2086
RUN find crates -name '*.rs' -exec touch {} + \
    && cargo build --release --locked $PACKAGES \
    && for program in ingestor aggregator api exchange-sim healthy; do \
        strip --strip-debug -o "target/$program" "target/release/$program" \
        && install -D -m 755 "target/$program" "/out/usr/local/bin/$program"; \
    done \
    && install -D -m 755 docker/passwords.sh /out/usr/local/bin/passwords \
    && install -D -m 644 /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/ca-certificates.crt

# hadolint ignore=DL3006
FROM ${RUN_IMAGE}
COPY --from=build /out/ /
# New volumes take over the owner of the folders that they are mounted on.
RUN install -d -o 65534 -g 65534 -m 700 /uploads /ingestor \
    && install -d -o 65534 -g 65534 -m 755 /passwords/owner /passwords/ingestor /passwords/api
USER 65534:65534
CMD ["api"]
