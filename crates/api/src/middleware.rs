//! What happens to every request before and after its handler, in one ordered list.

pub(crate) mod access_log;
pub(crate) mod body_limit;
pub(crate) mod client;
pub(crate) mod database;
pub(crate) mod deadline;
pub(crate) mod host;
pub(crate) mod origin;
pub(crate) mod rate_limit;
pub(crate) mod request_id;
pub(crate) mod security_headers;
pub(crate) mod token;

use std::sync::Arc;

use axum::{
    Router,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    response::Response,
};
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};

use crate::{access::Access, network::TrustedProxies, problem};

/// What the layers have to know.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) proxies: TrustedProxies,
    pub(crate) rate: rate_limit::RateLimit,
    pub(crate) hosts: host::AllowedHosts,
    pub(crate) access: Arc<Access>,
    pub(crate) times: deadline::Times,
}

/// Wraps `routes`. A layer added later is further out, so read from the bottom up: that is the order in
/// which a request passes.
pub(crate) fn wrap(routes: Router, rules: Rules) -> Router {
    let Rules {
        proxies,
        rate,
        hosts,
        access,
        times,
    } = rules;
    routes
        // 13. Streams, and what is compressed already, pass untouched.
        .layer(CompressionLayer::new())
        // 12. Larger bodies are refused before they are read. No layer further out reads them at all.
        .layer(from_fn(body_limit::enforce))
        // 11. A handler has so long to begin its answer, and a client to send its body. A stream goes on for as
        //     long as it likes.
        .layer(from_fn_with_state(times, deadline::enforce))
        // 10. What needs the token is done for those alone who have it.
        .layer(from_fn_with_state(access, token::check))
        // 9. Pages of other sites cannot make a browser write here.
        .layer(from_fn(origin::check))
        // 8. Names that this server does not go by are refused: DNS rebinding ends here.
        .layer(from_fn_with_state(Arc::new(hosts), host::check))
        // 7. Nobody asks so often that others have to wait.
        .layer(from_fn_with_state(Arc::new(rate), rate_limit::enforce))
        // 6. A panic is one answer of 500, not a dropped connection.
        .layer(CatchPanicLayer::custom(panicked))
        // 5. Errors get their body.
        .layer(from_fn(problem::describe))
        // 4. Content security policy and the like, on every answer, errors too.
        .layer(from_fn(security_headers::add))
        // 3. One log line and the metrics of the request.
        .layer(from_fn(access_log::record))
        // 2. Whom the proxies that are believed speak for.
        .layer(from_fn_with_state(Arc::new(proxies), client::identify))
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
