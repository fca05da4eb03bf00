//! The document that describes the API, generated from the handlers and the shared types.

mod common;
mod defaults;
mod pair_parameters;

use std::sync::Arc;

use service::Health;
use utoipa::{OpenApi as _, openapi::OpenApi};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{access::Access, app::Shared, routes as handlers};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Spreadscope",
        description = "Trades, bars and live streams of the markets that Spreadscope follows. Times go in as \
            milliseconds since the epoch or as RFC 3339 and come out as milliseconds, ascending, UTC. Series \
            come as columns. Unknown, contradictory or out-of-range parameters are errors, never ignored; \
            every error is a problem document (RFC 9457).",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "Market data", description = "Symbols, bars, trades and their live stream"),
        (name = "Pairs", description = "Hedge ratio, spread, z-score, correlation and tests of two series"),
        (name = "Scans", description = "Every pair of many symbols, tested in the background"),
        (name = "Access", description = "The token, exchanged for a session"),
        (name = "Datasets", description = "Uploads: what the other calls take as `source=dataset:{id}`"),
        (name = "Alerts", description = "Rules that are evaluated whether or not anybody looks, and what they told"),
        (name = "Operation", description = "What the stack is doing"),
    )
)]
struct Document;

/// The routes below `/api/v1` together with what is said about them, so that neither exists alone.
pub(crate) fn api_routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(handlers::symbols::get))
        .routes(routes!(handlers::bars::get))
        .routes(routes!(handlers::trades::get))
        .routes(routes!(handlers::pairs::get))
        .routes(routes!(handlers::pairs::backtest::get))
        .routes(routes!(handlers::pairs::ticket::get))
        .routes(routes!(
            handlers::datasets::list,
            handlers::datasets::create
        ))
        .routes(routes!(handlers::datasets::get, handlers::datasets::delete))
        .routes(routes!(handlers::watchlist::get, handlers::watchlist::put))
        .routes(routes!(handlers::scans::list, handlers::scans::create))
        .routes(routes!(handlers::scans::get, handlers::scans::delete))
        .routes(routes!(handlers::sweeps::list, handlers::sweeps::create))
        .routes(routes!(handlers::sweeps::get, handlers::sweeps::delete))
        .routes(routes!(handlers::status::get))
        .routes(routes!(handlers::stream::get))
        .routes(routes!(
            handlers::alerts::rules::list,
            handlers::alerts::rules::create
        ))
        .routes(routes!(
            handlers::alerts::rules::get,
            handlers::alerts::rules::replace,
            handlers::alerts::rules::delete
        ))
        .routes(routes!(handlers::alerts::events::list))
}

/// The routes below `/api/v1` that need no database.
pub(crate) fn session_routes() -> OpenApiRouter<Arc<Access>> {
    OpenApiRouter::new().routes(routes!(
        handlers::session::get,
        handlers::session::open,
        handlers::session::end
    ))
}

/// The routes outside `/api/v1`, which are for whoever operates the stack.
pub(crate) fn operation_routes() -> OpenApiRouter<Health> {
    OpenApiRouter::new()
        .routes(routes!(handlers::health::live))
        .routes(routes!(handlers::health::ready))
        .routes(routes!(handlers::health::metrics))
}

/// The document as it is served.
///
/// # Panics
/// Never: it is text and numbers.
#[must_use]
pub fn to_json(document: &OpenApi) -> String {
    document
        .to_pretty_json()
        .expect("the document is text and numbers")
}

/// The document of this version: what `/openapi.json` serves.
#[must_use]
pub fn document() -> OpenApi {
    let mut api = api_routes().into_openapi();
    pair_parameters::share(&mut api);
    api.merge(session_routes().into_openapi());
    let mut document = Document::openapi().nest("/api/v1", api);
    document.merge(operation_routes().into_openapi());
    common::add(&mut document);
    defaults::add(&mut document);
    document
}
