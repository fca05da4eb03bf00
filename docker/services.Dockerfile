# syntax=docker/dockerfile:1
# The ingestor, the aggregator, the api and the simulated exchange in one image; the command chooses.
ARG BUILD_IMAGE=rust:1.95-bookworm
ARG RUN_IMAGE=debian:bookworm-slim

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY . .
# The caches outlive the layer, so a change of sources does not build the dependencies again.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package ingestor --package aggregator --package api --package exchange-sim \
    && mkdir /out \
    && cp target/release/ingestor target/release/aggregator target/release/api target/release/exchange-sim /out/

FROM ${RUN_IMAGE}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/ /usr/local/bin/
# A new volume takes over the owner of the folder that it is mounted on.
RUN install -d -o 65534 -g 65534 -m 700 /uploads /ingestor
USER 65534:65534
CMD ["api"]
