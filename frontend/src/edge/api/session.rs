//! The token of a server that has one.

use api_types::{SessionRequest, SessionResponse};

use super::ApiError;
use crate::edge::http;

const PATH: &str = "/api/v1/session";

/// What the token is needed for, and whether this browser has shown it.
pub(crate) async fn read() -> Result<SessionResponse, ApiError> {
    http::get(PATH).await
}

/// Shows the token; the browser keeps a cookie that no script can read.
pub(crate) async fn open(token: String) -> Result<SessionResponse, ApiError> {
    http::send_json("POST", PATH, &SessionRequest { token }).await
}
