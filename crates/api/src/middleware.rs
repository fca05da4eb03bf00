//! What happens to every request before and after its handler, in one ordered list.

pub(crate) mod access_log;
pub(crate) mod database;
pub(crate) mod deadline;
pub(crate) mod host;
pub(crate) mod request_id;
pub(crate) mod security_headers;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    response::Response,
};
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, limit::RequestBodyLimitLayer,
};

use crate::problem;

/// No call of today takes a body; this is room for the small JSON of tomorrow's.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Wraps `routes`. A layer added later is further out, so read from the bottom up: that is the order in
/// which a request passes.
pub(crate) fn wrap(
    routes: Router,
    hosts: Arc<host::AllowedHosts>,
    request_timeout: Duration,
) -> Router {
    routes
        // 9. Streams, and what is compressed already, pass untouched.
        .layer(CompressionLayer::new())
        // 8. Larger bodies are refused before they are read.
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        // 7. A handler has so long to begin its answer. A stream goes on for as long as it likes.
        .layer(from_fn_with_state(request_timeout, deadline::enforce))
        // 6. Names that this server does not go by are refused: DNS rebinding ends here.
        .layer(from_fn_with_state(hosts, host::check))
        // 5. A panic is one answer of 500, not a dropped connection.
        .layer(CatchPanicLayer::custom(panicked))
        // 4. Errors get their body.
        .layer(from_fn(problem::describe))
        // 3. Content security policy and the like, on every answer, errors too.
        .layer(from_fn(security_headers::add))
        // 2. One log line and the metrics of the request.
        .layer(from_fn(access_log::record))
        // 1. Everything above speaks of the request by its id.
        .layer(from_fn(request_id::assign))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that CatchPanicLayer asks for"
)]
fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let cause = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(cause, "handler panicked");
    problem::of_status(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong here; the server's log has it under the request id.",
    )
}
