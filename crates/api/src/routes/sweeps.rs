//! `/api/v1/sweeps`

use api_types::{NoParams, Problem, Sweep, SweepRequest, SweepResponse, SweepsResponse};
use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use store::jobs;

use crate::{
    app::Shared,
    body::JsonBody,
    convert,
    jobs::enqueue,
    params::Params,
    problem::ApiError,
    sweeps::{KIND, read::SweepSpec, tell},
};

/// All sweeps
///
/// Newest first, with how far each is or what came of it. Of those that ended the last 50 are kept.
#[utoipa::path(
    get,
    path = "/sweeps",
    operation_id = "listSweeps",
    tag = "Pairs",
    responses(
        (status = 200, description = "The sweeps", body = SweepsResponse),
        (status = 400, description = "A parameter was given", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    uri: Uri,
) -> Result<Json<SweepsResponse>, ApiError> {
    Params::of(&uri, &[]).finish()?;
    let stored = jobs::list(&shared.store, KIND).await?;
    let sweeps: Result<Vec<_>, _> = stored.into_iter().map(tell::sweep).collect();
    Ok(Json(SweepsResponse {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        params: NoParams {},
        sweeps: sweeps?,
    }))
}

/// Backtest a grid
///
/// Every combination of windows, entries and exits that makes sense, over a formation and a trading part: chosen by the
/// Sharpe ratio of the former, told of the latter. The answer comes at once; `GET /sweeps/{id}` tells how far it is and
/// what came of it. Many combinations make one that looks good by chance: what counts is the chosen one's trading part.
#[utoipa::path(
    post,
    path = "/sweeps",
    operation_id = "createSweep",
    tag = "Pairs",
    request_body(content = SweepRequest, description = "Which pair, traded how, over which grid"),
    responses(
        (status = 202, description = "It waits for its turn; `location` leads to it", body = SweepResponse),
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
    JsonBody(request): JsonBody<SweepRequest>,
) -> Result<Response, ApiError> {
    Params::of(&uri, &[]).finish()?;
    let spec = SweepSpec::read(&request)?;
    let (store, directory) = (&shared.store, &shared.directory);
    spec.backtest.pair.resolved(store, directory).await?;
    let sweep = tell::sweep(enqueue(&shared, KIND, &request).await?)?;
    let location = format!("/api/v1/sweeps/{}", sweep.id);
    let headers = [(header::LOCATION, location)];
    Ok((StatusCode::ACCEPTED, headers, told(sweep)).into_response())
}

/// One sweep
///
/// How far it is and, once it is done, its combinations.
#[utoipa::path(
    get,
    path = "/sweeps/{id}",
    operation_id = "getSweep",
    tag = "Pairs",
    params(("id" = i64, Path, minimum = 1, description = "Id of the sweep")),
    responses(
        (status = 200, description = "The sweep", body = SweepResponse),
        (status = 400, description = "The id is no number, or a parameter was given", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such sweep", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<SweepResponse>, ApiError> {
    let id = read_id(&uri, &id)?;
    let job = jobs::get(&shared.store, KIND, id).await?;
    Ok(told(tell::sweep(job.ok_or(ApiError::UnknownSweep(id))?)?))
}

/// Delete a sweep
///
/// With what it found. One that waits or is under way is cancelled.
#[utoipa::path(
    delete,
    path = "/sweeps/{id}",
    operation_id = "deleteSweep",
    tag = "Pairs",
    params(("id" = i64, Path, minimum = 1, description = "Id of the sweep")),
    responses(
        (status = 200, description = "The sweep as it was", body = SweepResponse),
        (status = 400, description = "The id is no number, or a parameter was given", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such sweep", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn delete(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<SweepResponse>, ApiError> {
    let id = read_id(&uri, &id)?;
    let job = jobs::delete(&shared.store, KIND, id).await?;
    Ok(told(tell::sweep(job.ok_or(ApiError::UnknownSweep(id))?)?))
}

fn read_id(uri: &Uri, text: &str) -> Result<i64, ApiError> {
    let mut params = Params::of(uri, &[]);
    params.add("id", text.to_owned());
    let id = params.number("id", 1..=i64::MAX);
    params.finish()?;
    Ok(id.unwrap_or_default())
}

fn told(sweep: Sweep) -> Json<SweepResponse> {
    Json(SweepResponse {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        sweep,
    })
}
