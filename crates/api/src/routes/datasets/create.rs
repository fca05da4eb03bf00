//! `POST /api/v1/datasets`

use api_types::{DatasetCreated, Problem, TimeUnit, UploadForm, UploadParams};
use axum::{
    Json,
    extract::{Query, Request, State},
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use dataset_file::{Options, TimeFormat};
use market::Symbol;

use super::shapes;
use crate::{
    app::Shared,
    convert,
    middleware::request_id::RequestId,
    params::Params,
    problem::ApiError,
    uploads::{announced, receive},
};

const KNOWN: [&str; 4] = ["name", "symbol", "timeFormat", "timeUnit"];
const MAX_NAME_CHARS: usize = 200;

/// Upload a dataset
///
/// CSV of prices, plain or compressed by gzip: open, high, low, close and volume of one symbol, of several named
/// in a column, closes of several symbols in a column each, or Binance's kline files. A time and a close are
/// needed; what else is missing stays `null`. Columns are known by their usual names in any case, separated by
/// comma, semicolon or tab. Times are seconds, milliseconds, microseconds or nanoseconds since the epoch or ISO
/// 8601; without an offset they are UTC; dates that begin with the day or the month need `timeFormat`. Every row
/// is checked, and all rows are stored or none: errors name line and column, the first 50 of them. The answer
/// says what was inferred.
#[utoipa::path(
    post,
    path = "/datasets",
    operation_id = "createDataset",
    tag = "Datasets",
    params(
        ("name" = Option<String>, Query, min_length = 1, max_length = 200, description = "Name of the dataset; default: that of the file"),
        ("symbol" = Option<String>, Query, example = "BTCUSDT", description = "Name of the symbol, for files of one symbol; default: what the name of the file says"),
        ("timeFormat" = Option<String>, Query, example = "%d/%m/%Y %H:%M", description = "How times are written, in the letters of strftime"),
        ("timeUnit" = Option<TimeUnit>, Query, description = "How times are written; default: as the first one looks"),
        ("x-request-id" = Option<String>, Header, description = "Id by which `GET /datasets` lists this upload while it is under way"),
    ),
    request_body(
        description = "The file, in the part `file` of a form or as the body itself",
        content((UploadForm = "multipart/form-data"), (String = "text/csv")),
    ),
    responses(
        (status = 201, description = "It is stored; `location` leads to it", body = DatasetCreated),
        (status = 400, description = "A parameter is wrong, or the body is not what its headers say", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The file is too large, as it is or after decompression", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is of another kind", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The file cannot be used as it is; `errors` has line and column", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away or too many uploads are under way; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    request: Request,
) -> Result<Response, ApiError> {
    // What is wrong already needs no file.
    Parameters::read(Params::of(request.uri(), &KNOWN))?;
    let in_query = pairs(request.uri());
    let _permit = shared.uploads.admit()?;
    let id = request.extensions().get::<RequestId>();
    let id = id.map_or_else(String::new, |id| id.as_str().to_owned());
    let upload = shared.uploads.tracker.begin(id, announced(&request));
    let mut received = receive(&shared.uploads, request, &upload).await?;

    let mut given = in_query;
    given.append(&mut received.parameters);
    let parameters = Parameters::read(Params::of_pairs(given, &KNOWN))?;
    let name = parameters.name_for(received.file_name.as_deref());
    let options = parameters.options(received.file_name.take());
    let stored = shared
        .uploads
        .store(&shared, received, name, options, &upload)
        .await?;
    let location = format!("/api/v1/datasets/{}", stored.dataset_id);
    let location = HeaderValue::try_from(location).expect("digits and a path");
    let body = Json(DatasetCreated {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        params: parameters.as_sent(),
        dataset: shapes::dataset(&stored)?,
    });
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], body).into_response())
}

fn pairs(uri: &Uri) -> Vec<(String, String)> {
    Query::try_from_uri(uri).map_or_else(|_| Vec::new(), |Query(pairs)| pairs)
}

/// The parameters of an upload, wherever they stood.
struct Parameters {
    name: Option<String>,
    symbol: Option<Symbol>,
    time_format: Option<TimeFormat>,
    time_unit: Option<TimeUnit>,
}

impl Parameters {
    fn read(mut params: Params) -> Result<Self, ApiError> {
        let name: Option<String> = params.optional("name");
        if let Some(name) = &name
            && (name.trim().is_empty()
                || name.chars().count() > MAX_NAME_CHARS
                || name.contains(char::is_control))
        {
            let detail =
                format!("is no name; 1 to {MAX_NAME_CHARS} printable characters are allowed");
            params.error("name", detail);
        }
        let symbol = params.optional("symbol");
        let time_format: Option<TimeFormat> = params.optional("timeFormat");
        let time_unit: Option<TimeUnit> = params.optional("timeUnit");
        let by_format = time_unit.is_none_or(|unit| unit == TimeUnit::Format);
        if params.has("timeFormat") && !by_format {
            params.error(
                "timeUnit",
                "contradicts timeFormat, which says how times are written".to_owned(),
            );
        }
        if !params.has("timeFormat") && time_unit == Some(TimeUnit::Format) {
            params.error(
                "timeFormat",
                "is missing; for example timeFormat=%d/%m/%Y".to_owned(),
            );
        }
        params.finish()?;
        Ok(Self {
            name,
            symbol,
            time_format,
            time_unit,
        })
    }

    fn name_for(&self, file_name: Option<&str>) -> String {
        if let Some(name) = &self.name {
            return name.trim().to_owned();
        }
        let of_file = file_name.and_then(|name| name.rsplit(['/', '\\']).next());
        let printable: String = of_file
            .unwrap_or_default()
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_NAME_CHARS)
            .collect();
        match (printable.trim(), &self.symbol) {
            ("", Some(symbol)) => symbol.to_string(),
            ("", None) => "Upload".to_owned(),
            (name, _) => name.to_owned(),
        }
    }

    fn options(&self, file_name: Option<String>) -> Options {
        Options {
            symbol: self.symbol.clone(),
            file_name,
            time_format: self.time_format.clone(),
            time_unit: self.time_unit.filter(|unit| *unit != TimeUnit::Format),
        }
    }

    fn as_sent(&self) -> UploadParams {
        UploadParams {
            name: self.name.clone(),
            symbol: self.symbol.as_ref().map(ToString::to_string),
            time_format: self
                .time_format
                .as_ref()
                .map(|format| format.as_str().to_owned()),
            time_unit: self.time_unit,
        }
    }
}
