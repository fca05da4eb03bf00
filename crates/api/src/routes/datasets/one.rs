//! `GET` and `DELETE /api/v1/datasets/{id}`

use api_types::{DatasetDeleted, DatasetParams, DatasetPreview, DatasetResponse, Problem};
use axum::{
    Json,
    extract::{Path, State},
    http::Uri,
    response::{IntoResponse, Response},
};
use store::datasets;

use super::{export, shapes};
use crate::{app::Shared, convert, csv::Format, params::Params, problem::ApiError, source};

const DEFAULT_PREVIEW: i64 = 10;
const MAX_PREVIEW: i64 = 100;
/// Symbols that are previewed; a wide file may have thousands.
const MAX_PREVIEWED: usize = 20;

/// A dataset
///
/// Its symbols, how its file was read, and the first rows of the first 20 symbols. With `format=csv` all rows of
/// all symbols, which can be uploaded again as they are.
#[utoipa::path(
    get,
    path = "/datasets/{id}",
    operation_id = "getDataset",
    tag = "Datasets",
    params(
        ("id" = i64, Path, minimum = 1, description = "Id of the dataset"),
        ("preview" = Option<u32>, Query, minimum = 0, maximum = 100, description = "At most so many rows of each symbol; default 10"),
        ("format" = Option<String>, Query, pattern = "^(json|csv)$", description = "`json` (default) or `csv`; with `csv` there is no `preview`"),
    ),
    responses(
        (status = 200, description = "The dataset; with `format=csv` its rows", content((DatasetResponse = "application/json"), (String = "text/csv"))),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such dataset", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let mut params = Params::of(&uri, &["preview", "format"]);
    let id = self::id(&mut params, &id);
    let format: Format = params.optional("format").unwrap_or_default();
    if format == Format::Csv {
        params.refuse("preview", "contradicts format=csv, which has all rows");
    }
    let preview = params
        .number("preview", 0..=MAX_PREVIEW)
        .unwrap_or(DEFAULT_PREVIEW);
    params.finish()?;
    let preview = u32::try_from(preview).expect("the number is within its range");

    let stored = source::dataset(&shared.store, id).await?;
    if format == Format::Csv {
        return export::all(&shared.store, stored).await;
    }
    let mut previews = Vec::new();
    for (position, series) in stored.dataset.series.iter().enumerate().take(MAX_PREVIEWED) {
        let rows = datasets::page(&shared.store, stored.key(position), None, preview).await?;
        previews.push(DatasetPreview {
            symbol: series.symbol.clone(),
            rows: shapes::columns(&rows),
        });
    }
    let body = Json(DatasetResponse {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        params: DatasetParams { id, preview },
        dataset: shapes::dataset(&stored)?,
        preview: previews,
    });
    Ok(body.into_response())
}

/// Delete a dataset
///
/// With all of its rows, for good.
#[utoipa::path(
    delete,
    path = "/datasets/{id}",
    operation_id = "deleteDataset",
    tag = "Datasets",
    params(("id" = i64, Path, minimum = 1, description = "Id of the dataset")),
    responses(
        (status = 200, description = "It is gone", body = DatasetDeleted),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such dataset", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn delete(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<DatasetDeleted>, ApiError> {
    let mut params = Params::of(&uri, &[]);
    let id = self::id(&mut params, &id);
    params.finish()?;
    let rows = datasets::delete(&shared.store, id)
        .await?
        .ok_or(ApiError::UnknownDataset(id))?;
    Ok(Json(DatasetDeleted {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        id,
        rows,
    }))
}

/// The id in the path; 0, which no dataset has, where it is none: then `finish` fails.
fn id(params: &mut Params, text: &str) -> i64 {
    let id = text.parse().ok().filter(|id| *id > 0);
    if id.is_none() {
        params.error(
            "id",
            "is no id of a dataset; a whole number from 1 on is allowed".to_owned(),
        );
    }
    id.unwrap_or(0)
}
