# The dashboard behind a small web server that passes /api on to the api.
# Base images are arguments, so that they can come from a mirror. Nothing needs more than the classic builder.
ARG BUILD_IMAGE=rust:1.95-bookworm
ARG NODE_IMAGE=node:22-bookworm-slim
ARG WEB_IMAGE=caddy:2-alpine
ARG RUN_IMAGE=alpine:3.22

# hadolint ignore=DL3006
FROM ${NODE_IMAGE} AS node

# hadolint ignore=DL3006
FROM ${WEB_IMAGE} AS web
# A copy lacks the capability that the file has: with it, it could not be started where there are none.
RUN cp /usr/bin/caddy /caddy

# hadolint ignore=DL3006
FROM ${BUILD_IMAGE} AS manifests
WORKDIR /src
COPY . .
RUN docker/manifests.sh /manifests

# Dependencies are a layer of their own, which changes of the project's own sources leave as it is.
# hadolint ignore=DL3006
FROM ${BUILD_IMAGE} AS dependencies
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
WORKDIR /src
COPY --from=manifests /manifests .
COPY crates/xtask crates/xtask
RUN cargo xtask frontend --dependencies

FROM dependencies AS build
COPY crates/api-types crates/api-types
COPY frontend frontend
# Cargo goes by times, and these sources may be older than the empty ones that were compiled before.
RUN find crates/api-types frontend -name '*.rs' -exec touch {} + \
    && cargo xtask frontend

# hadolint ignore=DL3006
FROM ${RUN_IMAGE}
COPY --from=web /caddy /usr/bin/caddy
COPY docker/Caddyfile /etc/caddy/Caddyfile
COPY --from=build /src/frontend/dist /srv
ENV XDG_CONFIG_HOME=/tmp XDG_DATA_HOME=/tmp
USER 65534:65534
EXPOSE 8501
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile"]
