//! `GET /health/live` and `GET /health/ready`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Answer of both health checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HealthResponse {
    /// `live`, `ready` or `not ready`.
    pub status: String,
    /// What is not ready, with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reasons: BTreeMap<String, String>,
}
