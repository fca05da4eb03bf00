//! Scans: every pair of many symbols, tested by the server.

use api_types::{ScanAsked, ScanRequest, ScanResponse, ScansResponse};

use super::ApiError;
use crate::{
    edge::{address, http},
    model::ScanView,
};

const PATH: &str = "/api/v1/scans";

/// All scans.
pub(crate) async fn list() -> Result<ScansResponse, ApiError> {
    http::get(PATH).await
}

/// Asks for one.
pub(crate) async fn create(request: &ScanRequest) -> Result<ScanAsked, ApiError> {
    http::send_json("POST", PATH, request).await
}

/// One scan with the first pairs of this view.
pub(crate) async fn one(id: i64, view: &ScanView, limit: usize) -> Result<ScanResponse, ApiError> {
    let query = address::escape(&view.to_request());
    http::get(&format!("{PATH}/{id}?{query}&limit={limit}")).await
}

/// Deletes it; one that is not done is cancelled.
pub(crate) async fn delete(id: i64) -> Result<ScanAsked, ApiError> {
    http::delete(&format!("{PATH}/{id}")).await
}

/// All pairs of this view as a file.
pub(crate) fn csv(id: i64, view: &ScanView) -> String {
    let query = address::escape(&view.to_request());
    format!("{PATH}/{id}?format=csv&{query}")
}
