//! `GET /api/v1/datasets`

use api_types::{DatasetsResponse, NoParams, Problem};
use axum::{Json, extract::State, http::Uri};
use store::datasets;

use super::shapes;
use crate::{app::Shared, convert, params::Params, problem::ApiError};

/// Uploaded datasets
///
/// Each with its symbols and how its file was read, newest first; and the uploads that are under way at this
/// server, so that a page can show how far its own is after the last byte was sent.
#[utoipa::path(
    get,
    path = "/datasets",
    operation_id = "listDatasets",
    tag = "Datasets",
    responses(
        (status = 200, description = "The datasets", body = DatasetsResponse),
        (status = 400, description = "A parameter was given", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    uri: Uri,
) -> Result<Json<DatasetsResponse>, ApiError> {
    Params::of(&uri, &[]).finish()?;
    let stored = datasets::list(&shared.store).await?;
    Ok(Json(DatasetsResponse {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        params: NoParams {},
        datasets: stored
            .iter()
            .map(shapes::dataset)
            .collect::<Result<_, _>>()?,
        uploads: shared.uploads.tracker.uploads(),
    }))
}
