//! `GET /api/v1/bars`

mod dataset;
mod live;

use api_types::{BarsResponse, DatasetBarsResponse, Problem};
use axum::{extract::State, http::Uri, response::Response};
use market::Interval;

use crate::{
    app::Shared,
    csv::Format,
    params::{self, Params, Time},
    problem::ApiError,
    source::Source,
};

const DEFAULT_LIMIT: i64 = 500;
const MAX_LIMIT: u32 = 10_000;
/// Of a download that begins at a time, which is read and sent page by page.
const MAX_CSV_LIMIT: u32 = 1_000_000;

/// What every source of bars is asked.
#[derive(Debug, Clone, Copy)]
struct Query {
    limit: u32,
    start: Option<Time>,
    end: Option<Time>,
    format: Format,
}

impl Query {
    fn read(params: &mut Params) -> Self {
        let start: Option<Time> = params.optional("startTime");
        let end: Option<Time> = params.optional("endTime");
        if let (Some(start), Some(end)) = (start, end)
            && start > end
        {
            params.error(
                "startTime",
                "is after endTime; it must be at or before it".to_owned(),
            );
        }
        let format: Format = params.optional("format").unwrap_or_default();
        let paged = format == Format::Csv && params.has("startTime");
        let most = if paged { MAX_CSV_LIMIT } else { MAX_LIMIT };
        let limit = params
            .number("limit", 1..=i64::from(most))
            .unwrap_or(DEFAULT_LIMIT);
        Self {
            limit: u32::try_from(limit).unwrap_or(most),
            start,
            end,
            format,
        }
    }

    /// `endTime` is the last start that is asked for, this the first that is not.
    fn to_ms(self) -> Option<i64> {
        self.end.map(|end| end.0 + 1)
    }
}

/// Bars of a symbol
///
/// Open, high, low, close and volumes, ascending in time. With `startTime` the first `limit` bars from
/// there on, without it the last ones. The last bar may be open (`closed` is false). Buckets in which
/// nothing was traded are absent. With `source=dataset:{id}` bars of an upload: at its own interval or any
/// multiple, with `null` for what the file did not have. With `format=csv` one row a bar, and from a `startTime`
/// on up to 1,000,000.
#[utoipa::path(
    get,
    path = "/bars",
    operation_id = "getBars",
    tag = "Market data",
    params(
        ("symbol" = String, Query, description = "Name of the market, or `venue:SYMBOL`; of a dataset one of its symbols", example = "BTCUSDT"),
        ("interval" = api_types::BarLength, Query, example = "1m",
            description = "Length of a bar: 1s, 1m, 5m, 15m, 1h, 4h or 1d; of a dataset its own interval or a multiple, as 30m or 1w"),
        ("source" = Option<String>, Query, pattern = "^(live|dataset:[1-9][0-9]*)$", description = "`live` (default) or `dataset:{id}`"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1_000_000, description = "At most so many bars; default 500, and 10,000 is the most but for `format=csv` with `startTime`"),
        ("format" = Option<String>, Query, pattern = "^(json|csv)$", description = "`json` (default) or `csv`"),
        ("startTime" = Option<String>, Query, example = "2024-08-08T00:00:00Z",
            description = "Bars that start at or after this time: ms since the epoch, or RFC 3339"),
        ("endTime" = Option<String>, Query, example = "1723161600000",
            description = "Bars that start at or before this time: ms since the epoch, or RFC 3339"),
    ),
    responses(
        (status = 200, description = "The bars; the second form is that of a dataset", content(
            (BarsAnswer = "application/json"),
            (String = "text/csv"),
        )),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such symbol or dataset", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(State(shared): State<Shared>, uri: Uri) -> Result<Response, ApiError> {
    let known = [
        "symbol",
        "interval",
        "source",
        "limit",
        "startTime",
        "endTime",
        "format",
    ];
    let mut params = Params::of(&uri, &known);
    let source: Source = params.optional("source").unwrap_or_default();
    let query = Query::read(&mut params);
    let invariant = "required parameters are there, or finish has failed";
    match source {
        Source::Live => {
            let instrument = params::symbol(&mut params);
            let interval: Option<Interval> = params.required("interval", "1m");
            params.finish()?;
            let instrument = instrument.expect(invariant);
            live::get(shared, &instrument, interval.expect(invariant), query).await
        }
        Source::Dataset(id) => {
            let symbol: Option<String> = params.required("symbol", "BTCUSDT");
            let length = params.required("interval", "1m");
            params.finish()?;
            let symbol = symbol.expect(invariant);
            dataset::get(shared, id, &symbol, length.expect(invariant), query).await
        }
    }
}

/// Either of the two answers.
#[derive(utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it describes, nothing makes it")]
pub(crate) enum BarsAnswer {
    Live(BarsResponse),
    Dataset(DatasetBarsResponse),
}
