//! `/api/v1/session`: the token, exchanged for a cookie.

use serde::{Deserialize, Serialize};

/// Body of `POST /api/v1/session`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionRequest {
    /// The server's `API_TOKEN`.
    pub token: String,
}

/// The token is a secret.
impl std::fmt::Debug for SessionRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionRequest").finish_non_exhaustive()
    }
}

/// Answer of every call to `/api/v1/session`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionResponse {
    /// When this was answered, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// What the token is needed for on this server.
    pub token_for: TokenFor,
    /// Whether calls of this client may do all that there is.
    pub authenticated: bool,
    /// When the session ends, ms since the epoch; null where there is none.
    pub expires: Option<i64>,
}

/// What the token is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TokenFor {
    /// The server has no token.
    Nothing,
    /// Calls that change something.
    Writes,
    /// Every call below `/api`, and `/metrics`.
    Everything,
}
