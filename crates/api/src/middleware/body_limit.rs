//! Layer: bodies are only so large, and larger ones are refused before they are read.

use axum::{
    body::Body,
    extract::Request,
    http::{Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use http_body_util::Limited;

use crate::problem;

/// Room for the JSON of a rule or a list of pairs.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// Where files are sent to; the handler counts them itself, against a limit of its own.
const UPLOADS: &str = "/api/v1/datasets";

/// Whether the body is a file.
pub(super) fn is_upload(method: &Method, path: &str) -> bool {
    method == Method::POST && path == UPLOADS
}

pub(crate) async fn enforce(request: Request, next: Next) -> Response {
    if is_upload(request.method(), request.uri().path()) {
        return next.run(request).await;
    }
    let declared = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > MAX_BODY_BYTES as u64) {
        return problem::of_status(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("The body may have {MAX_BODY_BYTES} bytes at the most."),
        );
    }
    next.run(request.map(|body| Body::new(Limited::new(body, MAX_BODY_BYTES))))
        .await
}
