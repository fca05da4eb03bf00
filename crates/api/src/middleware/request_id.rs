//! Layer: an id for every request.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use rand::RngExt;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Id of a request: that of the proxy in front where it sent a sane one, else drawn here.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

pub(crate) async fn assign(mut request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get(&HEADER)
        .and_then(|value| value.to_str().ok())
        .filter(|text| is_sane(text))
        .map_or_else(
            || format!("{:016x}", rand::rng().random::<u64>()),
            ToOwned::to_owned,
        );
    let value = HeaderValue::from_str(&id).expect("hexadecimal, or sane");
    request.extensions_mut().insert(RequestId(id.into()));
    let mut response = next.run(request).await;
    response.headers_mut().insert(HEADER, value);
    response
}

/// Ids are echoed and logged, so they hold nothing that a log could be misled by.
fn is_sane(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}
