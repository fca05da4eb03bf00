//! `GET` and `DELETE /api/v1/scans/{id}`

use api_types::{Problem, ScanAsked, ScanResponse};
use axum::{
    Json,
    extract::{Path, State},
    http::Uri,
    response::{IntoResponse, Response},
};
use store::jobs::{
    self, JobState,
    scans::{self, KIND},
};

use super::{all::asked, export, page};
use crate::{
    app::Shared,
    convert,
    csv::Format,
    params::Params,
    problem::ApiError,
    scans::tell::{self, Names},
};

/// Failures that are told; there may be as many as pairs.
const MOST_FAILURES: u32 = 100;

/// One scan
///
/// How far it is and, once it is done, a page of its pairs: sorted, those without the figure last, and filtered. With
/// `format=csv` every pair that passes the filters, in the same order.
#[utoipa::path(
    get,
    path = "/scans/{id}",
    operation_id = "getScan",
    tag = "Scans",
    params(
        ("id" = i64, Path, minimum = 1, description = "Id of the scan"),
        ("sort" = Option<String>, Query, pattern = "^(p|q|pYOnX|pXOnY|beta|halfLife|hurst|correlation|z|observations|filledShare)$", description = "By what pairs are put into order: `p` (default) or one of their figures"),
        ("order" = Option<String>, Query, pattern = "^(asc|desc)$", description = "`asc` or `desc`; by default what is best comes first: descending for `z`, `correlation` and `observations`, else ascending"),
        ("offset" = Option<u32>, Query, minimum = 0, maximum = 124_750, description = "Pairs to skip; default 0"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1_000, description = "Pairs at most; default 100"),
        ("symbol" = Option<String>, Query, max_length = 64, description = "Only pairs with a symbol whose name holds this, in any case; default all"),
        ("maxQ" = Option<f64>, Query, minimum = 0, maximum = 1, description = "Only pairs with at most this q; default all"),
        ("minZ" = Option<f64>, Query, minimum = 0, maximum = 1_000, description = "Only pairs with at least this |z|; default all"),
        ("format" = Option<String>, Query, pattern = "^(json|csv)$", description = "`json` (default) or `csv`, which has all pairs: neither `offset` nor `limit` go with it"),
    ),
    responses(
        (status = 200, description = "The scan; with `format=csv` its pairs", content((ScanResponse = "application/json"), (String = "text/csv"))),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such scan", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let mut params = Params::of(&uri, &page::NAMES);
    let id = params.id(&id, "scan");
    let format: Format = params.optional("format").unwrap_or_default();
    if format == Format::Csv {
        for name in ["offset", "limit"] {
            params.refuse(name, "contradicts format=csv, which has all pairs");
        }
    }
    let wanted = page::read(&mut params);
    params.finish()?;

    let store = &shared.store;
    let job = jobs::get(store, KIND, id).await?;
    let job = job.ok_or(ApiError::UnknownScan(id))?;
    let is_done = job.state == JobState::Done;
    let scan = tell::scan(job)?;
    let names = Names::of(&scan.params);
    let page = page::of(&wanted, &names);
    if format == Format::Csv {
        return export::all(store.clone(), &scan, names, page).await;
    }
    let (total, pairs, failures) = if is_done {
        tokio::try_join!(
            scans::count(store, id, &page),
            scans::pairs(store, id, &page),
            scans::failures(store, id, MOST_FAILURES)
        )?
    } else {
        Default::default()
    };
    Ok(Json(ScanResponse {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        params: wanted,
        total: total.unsigned_abs(),
        pairs: pairs.iter().map(|pair| names.pair(pair)).collect(),
        failures: failures.into_iter().map(|f| names.failure(f)).collect(),
        scan,
    })
    .into_response())
}

/// Delete a scan
///
/// With what it found. One that waits or is under way is cancelled.
#[utoipa::path(
    delete,
    path = "/scans/{id}",
    operation_id = "deleteScan",
    tag = "Scans",
    params(("id" = i64, Path, minimum = 1, description = "Id of the scan")),
    responses(
        (status = 200, description = "The scan as it was", body = ScanAsked),
        (status = 400, description = "The id is no number, or a parameter was given", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such scan", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn delete(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<ScanAsked>, ApiError> {
    let mut params = Params::of(&uri, &[]);
    let id = params.id(&id, "scan");
    params.finish()?;
    let job = jobs::delete(&shared.store, KIND, id).await?;
    Ok(asked(tell::scan(job.ok_or(ApiError::UnknownScan(id))?)?))
}
