//! `GET` and `POST /api/v1/scans`

use api_types::{NoParams, Problem, Scan, ScanAsked, ScanRequest, ScansResponse};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use store::jobs::{self, scans::KIND};

use crate::{
    app::Shared,
    body::JsonBody,
    convert,
    jobs::enqueue,
    params::Params,
    problem::ApiError,
    scans::{read, tell},
};

/// All scans
///
/// Newest first, with how far each is or what came of it. Of those that ended the last 50 are kept.
#[utoipa::path(
    get,
    path = "/scans",
    operation_id = "listScans",
    tag = "Scans",
    responses(
        (status = 200, description = "The scans", body = ScansResponse),
        (status = 400, description = "A parameter was given", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    uri: Uri,
) -> Result<Json<ScansResponse>, ApiError> {
    Params::of(&uri, &[]).finish()?;
    let stored = jobs::list(&shared.store, KIND).await?;
    Ok(Json(ScansResponse {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        params: NoParams {},
        scans: stored
            .into_iter()
            .map(tell::scan)
            .collect::<Result<_, _>>()?,
    }))
}

/// Scan all pairs
///
/// Tests every pair of the symbols for cointegration (Engle-Granger on logarithms of closes, both directions) and
/// corrects for their number. The answer comes at once; the topic `scan:{id}` of the stream tells how far it is, and
/// `GET /scans/{id}` what came of it. Scans are done one after the other. Only closed bars are tested.
#[utoipa::path(
    post,
    path = "/scans",
    operation_id = "createScan",
    tag = "Scans",
    request_body(content = ScanRequest, description = "What to scan; what is absent has its default"),
    responses(
        (status = 202, description = "It waits for its turn; `location` leads to it", body = ScanAsked),
        (status = 400, description = "Fields are unknown or out of range: each is named, with what is allowed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such symbol or dataset", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is no JSON by its header", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "As many jobs wait as may, or the database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    uri: Uri,
    JsonBody(request): JsonBody<ScanRequest>,
) -> Result<Response, ApiError> {
    Params::of(&uri, &[]).finish()?;
    let params = read::read(&shared, request).await?;
    let scan = tell::scan(enqueue(&shared, KIND, &params).await?)?;
    let location = format!("/api/v1/scans/{}", scan.id);
    Ok((
        StatusCode::ACCEPTED,
        [(header::LOCATION, location)],
        asked(scan),
    )
        .into_response())
}

pub(super) fn asked(scan: Scan) -> Json<ScanAsked> {
    Json(ScanAsked {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        scan,
    })
}
