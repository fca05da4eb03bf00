//! `GET /health/live`, `GET /health/ready`, `GET /metrics`

use std::collections::BTreeMap;

use api_types::HealthResponse;
use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use service::Health;

/// Whether the process runs
#[utoipa::path(
    get,
    path = "/health/live",
    operation_id = "getLiveness",
    tag = "Operation",
    responses((status = 200, description = "It does", body = HealthResponse))
)]
pub(crate) async fn live() -> Response {
    answer(StatusCode::OK, "live", BTreeMap::new())
}

/// Whether calls can be answered
#[utoipa::path(
    get,
    path = "/health/ready",
    operation_id = "getReadiness",
    tag = "Operation",
    responses(
        (status = 200, description = "They can", body = HealthResponse),
        (status = 503, description = "They cannot, with the reasons", body = HealthResponse),
    )
)]
pub(crate) async fn ready(State(health): State<Health>) -> Response {
    let reasons: BTreeMap<String, String> = health
        .reasons()
        .into_iter()
        .map(|(part, reason)| (part.to_owned(), reason))
        .collect();
    if reasons.is_empty() {
        answer(StatusCode::OK, "ready", reasons)
    } else {
        answer(StatusCode::SERVICE_UNAVAILABLE, "not ready", reasons)
    }
}

/// Figures for Prometheus
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "getMetrics",
    tag = "Operation",
    responses((status = 200, description = "Text in Prometheus's format", body = String, content_type = "text/plain"))
)]
pub(crate) async fn metrics() -> Response {
    let content_type = HeaderValue::from_static("text/plain; version=0.0.4");
    (
        [(header::CONTENT_TYPE, content_type)],
        service::metrics::handle().render(),
    )
        .into_response()
}

fn answer(code: StatusCode, status: &str, reasons: BTreeMap<String, String>) -> Response {
    let headers = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (
        code,
        headers,
        Json(HealthResponse {
            status: status.to_owned(),
            reasons,
        }),
    )
        .into_response()
}
