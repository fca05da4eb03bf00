//! `GET /api/v1/status`

use api_types::{Problem, StatusResponse};
use axum::{Json, extract::State, http::Uri};

use crate::{app::Shared, params::Params, problem::ApiError};

/// What the stack is doing
///
/// Each feed with its mode (live, simulated or replay), state and lag; gaps; row counts; the database.
#[utoipa::path(
    get,
    path = "/status",
    operation_id = "getStatus",
    tag = "Operation",
    responses(
        (status = 200, description = "The status", body = StatusResponse),
        (status = 400, description = "A parameter was given", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    uri: Uri,
) -> Result<Json<StatusResponse>, ApiError> {
    Params::of(&uri, &[]).finish()?;
    Ok(Json(shared.status.read().await?))
}
