//! Layer: a handler has a time within which it begins its answer.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::Response,
};

use crate::problem;

pub(crate) async fn enforce(
    State(most): State<Duration>,
    request: Request,
    next: Next,
) -> Response {
    tokio::time::timeout(most, next.run(request))
        .await
        .unwrap_or_else(|_| {
            tracing::warn!(most_ms = most.as_millis(), "request timed out");
            problem::of_status(
                StatusCode::SERVICE_UNAVAILABLE,
                format!(
                    "There was no answer within {} s; try again in a moment.",
                    most.as_secs()
                ),
            )
        })
}
