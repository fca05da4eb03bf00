//! The small HTTP server for `/metrics` and `/health/*`.

use std::{io, time::Duration};

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{Health, metrics};

/// Requests under way at shutdown have so long to end.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// `/health/live`, `/health/ready` (503 with reasons when not) and `/metrics`, to be merged into a
/// service's own routes or served alone by [`serve`].
pub fn router(health: Health) -> Router {
    Router::new()
        .route(
            "/health/live",
            get(|| async { Json(json!({ "status": "live" })) }),
        )
        .route("/health/ready", get(ready))
        .route("/metrics", get(|| async { metrics::handle().render() }))
        .with_state(health)
}

/// Serves [`router`] until `shutdown`; requests under way then get a second to end.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    health: Health,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let served = axum::serve(listener, router(health))
        .with_graceful_shutdown(shutdown.clone().cancelled_owned());
    // A client that never ends its request would be waited for as long as it stays.
    let drained = async {
        shutdown.cancelled().await;
        tokio::time::sleep(DRAIN_TIMEOUT).await;
    };
    tokio::select! {
        result = served => result,
        () = drained => Ok(()),
    }
}

async fn ready(State(health): State<Health>) -> impl IntoResponse {
    let reasons = health.reasons();
    if reasons.is_empty() {
        (StatusCode::OK, Json(json!({ "status": "ready" })))
    } else {
        let body = json!({ "status": "not ready", "reasons": reasons });
        (StatusCode::SERVICE_UNAVAILABLE, Json(body))
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    use super::*;

    #[tokio::test]
    async fn a_client_that_never_ends_its_request_does_not_hold_up_the_shutdown() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let serving = tokio::spawn(serve(listener, Health::default(), shutdown.clone()));

        let mut endless = TcpStream::connect(address).await.unwrap();
        endless.write_all(b"GET /").await.unwrap();
        // Connections are accepted in turn: once a later one is answered, the first is served too.
        let mut later = TcpStream::connect(address).await.unwrap();
        later
            .write_all(b"GET /health/live HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        later.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

        shutdown.cancel();
        tokio::time::timeout(Duration::from_secs(5), serving)
            .await
            .expect("it returns although the first client is still there")
            .unwrap()
            .unwrap();
    }
}
