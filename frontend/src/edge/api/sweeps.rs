//! Sweeps: a pair traded over a grid of parameters, by the server.

use api_types::{SweepRequest, SweepResponse};

use super::ApiError;
use crate::edge::http;

const PATH: &str = "/api/v1/sweeps";

/// Asks for one.
pub(crate) async fn create(request: &SweepRequest) -> Result<SweepResponse, ApiError> {
    http::send_json("POST", PATH, request).await
}

/// How far it is, or what came of it.
pub(crate) async fn one(id: i64) -> Result<SweepResponse, ApiError> {
    http::get(&format!("{PATH}/{id}")).await
}

/// Deletes it; one that is not done is cancelled.
pub(crate) async fn delete(id: i64) -> Result<SweepResponse, ApiError> {
    http::delete(&format!("{PATH}/{id}")).await
}
