//! Uploaded series.

use api_types::{DatasetDeleted, DatasetResponse, DatasetsResponse};

use super::ApiError;
use crate::edge::http;

/// Where uploads go.
pub(crate) const PATH: &str = "/api/v1/datasets";

/// All uploads, and those under way.
pub(crate) async fn list() -> Result<DatasetsResponse, ApiError> {
    http::get(PATH).await
}

/// One of them, with its first rows.
pub(crate) async fn one(id: i64) -> Result<DatasetResponse, ApiError> {
    http::get(&format!("{PATH}/{id}?preview=5")).await
}

/// Deletes it.
pub(crate) async fn delete(id: i64) -> Result<DatasetDeleted, ApiError> {
    http::delete(&format!("{PATH}/{id}")).await
}

/// Its rows as a file.
pub(crate) fn csv(id: i64) -> String {
    format!("{PATH}/{id}?format=csv")
}
