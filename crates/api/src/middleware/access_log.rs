//! Layer: one log line and the metrics of each request.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use tracing::Instrument;

use super::request_id::RequestId;
use crate::network::Client;

pub(crate) async fn record(request: Request, next: Next) -> Response {
    let started = Instant::now();
    // The route's template, not the path: a label of a metric must not grow with what is asked for.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("other", MatchedPath::as_str)
        .to_owned();
    let id = request.extensions().get::<RequestId>().cloned();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let client = request.extensions().get::<Client>().map(|client| client.ip);
    let span = tracing::info_span!("request", id = id.as_ref().map_or("-", RequestId::as_str));
    let response = next.run(request).instrument(span.clone()).await;

    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    metrics::counter!("api_requests_total", "route" => route.clone(), "status" => status.to_string())
        .increment(1);
    metrics::histogram!("api_request_duration_seconds", "route" => route)
        .record(elapsed.as_secs_f64());
    let duration_ms = elapsed.as_secs_f64() * 1e3;
    span.in_scope(|| tracing::debug!(%method, path, status, duration_ms, ?client, "answered"));
    response
}
