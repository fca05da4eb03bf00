//! The paths of the stream server.
//!
//! `/market/stream` and `/market/ws` deliver. The old paths without a prefix, and those of the
//! other routes, accept the same subscriptions and deliver nothing, as the real ones do since
//! 2026-04-23.

use std::net::SocketAddr;

use axum::{
    Router,
    extract::{ConnectInfo, State, WebSocketUpgrade},
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{control::Session, socket::Connection};
use crate::{app::App, faults::FaultKind};

/// Largest message that is accepted from a client.
const MOST_CLIENT_BYTES: usize = 256 * 1024;

pub(crate) fn routes() -> Router<App> {
    let mut router = Router::new();
    for prefix in ["/market", "/public", "/private", ""] {
        router = router
            .route(&format!("{prefix}/stream"), get(upgrade))
            .route(&format!("{prefix}/ws"), get(upgrade))
            .route(&format!("{prefix}/ws/{{*streams}}"), get(upgrade));
    }
    router
}

async fn upgrade(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    uri: Uri,
    upgrade: WebSocketUpgrade,
) -> Response {
    if app
        .book
        .strike(|spec| spec.kind == FaultKind::Refuse)
        .is_some()
    {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let path = uri.path();
    let combined = path.ends_with("/stream");
    let listed = if combined {
        uri.query()
            .unwrap_or_default()
            .split('&')
            .find_map(|pair| pair.strip_prefix("streams="))
            .unwrap_or_default()
    } else {
        path.split_once("/ws/").map_or("", |(_, streams)| streams)
    };
    // Names hold letters, digits, `@` and `_`; some clients escape the `@` and the `/`.
    let listed = listed
        .replace("%40", "@")
        .replace("%2F", "/")
        .replace("%2f", "/");
    let streams = listed
        .split('/')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    let mut session = Session {
        streams: Vec::new(),
        combined,
    };
    if let Err(message) = session.subscribe(streams) {
        return (StatusCode::BAD_REQUEST, message).into_response();
    }
    let (delivers, path) = (path.starts_with("/market/"), path.to_owned());
    upgrade
        .max_message_size(MOST_CLIENT_BYTES)
        .write_buffer_size(128 * 1024)
        .on_upgrade(move |socket| async move {
            Connection::open(&app, peer, path, session, delivers)
                .serve(socket)
                .await;
        })
}
