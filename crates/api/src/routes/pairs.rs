//! `GET /api/v1/pairs/analytics`

pub(crate) mod backtest;
mod table;
pub(crate) mod ticket;

use std::sync::Arc;

use api_types::{PairData, PairParams, PairResponse, Problem};
use axum::{
    extract::State,
    http::{HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use bytes::{BufMut, Bytes, BytesMut};
use serde::Serialize;

use crate::{
    app::Shared,
    convert,
    csv::Format,
    pairs::{Defaults, PairSpec, Rows, analysis, load},
    params::Params,
    problem::ApiError,
};

/// The part of an answer that depends on question and bars alone.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    params: PairParams,
    #[serde(flatten)]
    analysis: PairData,
}

/// Analytics of a pair
///
/// Hedge ratio, spread, z-score, rolling correlation and tests of two series, y = α + β·x + spread. Bars are
/// joined by time; `lookback` and `window` bars before the first one shown are read besides, so that it has
/// every figure if there are such bars. Without `startTime` the last `limit` joined bars are shown, with it the
/// first from there on. Only closed bars count, but for the provisional last point that `open=true` adds.
/// Tests are of the least-squares residuals of the bars shown, whatever the model.
#[utoipa::path(
    get,
    path = "/pairs/analytics",
    operation_id = "getPairAnalytics",
    tag = "Pairs",
    params(
        ("y" = String, Query, example = "ETHUSDT",
            description = "The dependent leg: a market, or `venue:SYMBOL`; or a series of the dataset that is its source"),
        ("x" = String, Query, example = "BTCUSDT", description = "The hedge leg, named likewise"),
        ("source" = Option<String>, Query, pattern = "^(live|dataset:[1-9][0-9]{0,17})$", example = "live",
            description = "Where both legs come from: `live` or `dataset:{id}`; default `live`"),
        ("ySource" = Option<String>, Query, pattern = "^(live|dataset:[1-9][0-9]{0,17})$", example = "live",
            description = "Where y comes from; not beside `source`; default `live`"),
        ("xSource" = Option<String>, Query, pattern = "^(live|dataset:[1-9][0-9]{0,17})$", example = "live",
            description = "Where x comes from; not beside `source`; default `live`"),
        ("interval" = Option<String>, Query, pattern = "^[0-9]{1,12}(ms|s|m|h|d|w)$", example = "1m",
            description = "Length of a bar; default `1m`. Live: `1s 1m 5m 15m 1h 4h 1d`; datasets: their own or any multiple"),
        ("limit" = Option<u32>, Query, minimum = 30, maximum = 100_000, description = "Joined bars wanted; default 1000"),
        ("startTime" = Option<String>, Query, example = "2024-08-08T00:00:00Z",
            description = "First bar shown starts at or after this time: ms since the epoch, or RFC 3339"),
        ("endTime" = Option<String>, Query, example = "1723161600000",
            description = "Last bar starts at or before this time: ms since the epoch, or RFC 3339"),
        ("model" = Option<api_types::Model>, Query, description = "How the hedge ratio is estimated; default `ols`"),
        ("fit" = Option<api_types::Fit>, Query,
            description = "From which bars; default `walk_forward`, `in_sample` if both legs are datasets. An error with `model=kalman`, \
                           which is causal by nature"),
        ("lookback" = Option<u32>, Query, minimum = 30, maximum = 10_000,
            description = "Bars of a walk-forward fit, of a Kalman filter's training and of each window of stability; default 500. An \
                           error where it would mean nothing"),
        ("fitTime" = Option<String>, Query, example = "1723161600000",
            description = "`fit=in_sample` only: the fit is of the `limit` bars that end with this one (with `startTime`: of those from there on), \
                           ms since the epoch or RFC 3339; default: of the closed bars shown"),
        ("transform" = Option<api_types::Transform>, Query, description = "What is fitted; default `level`"),
        ("window" = Option<u32>, Query, minimum = 3, maximum = 10_000,
            description = "Bars of the rolling z-score and correlation; default 60"),
        ("baseline" = Option<api_types::Baseline>, Query,
            description = "Whether the window of z ends with the bar it judges; default `inclusive`. An error with `z=innovation`"),
        ("z" = Option<api_types::ZKind>, Query,
            description = "What z is; default `rolling`. `innovation` with `model=kalman` and not `noise=pykalman`"),
        ("noise" = Option<api_types::Noise>, Query,
            description = "`model=kalman` only: where its variances come from; default `memory`"),
        ("memory" = Option<f64>, Query, minimum = 5, maximum = 10_000,
            description = "`noise=memory` only: bars after which the filter has about forgotten; default 100"),
        ("init" = Option<api_types::Init>, Query,
            description = "`noise=pykalman` only: where the filter starts; default `pykalman`"),
        ("correlationOf" = Option<api_types::CorrelationOf>, Query,
            description = "What the rolling correlation is of; default `returns`"),
        ("entry" = Option<f64>, Query, minimum = 0, maximum = 1000,
            description = "|z| at which a position is entered; default 2. Below the greatest possible |z|, (window - 1)/√window if inclusive"),
        ("exit" = Option<f64>, Query, minimum = 0, maximum = 1000,
            description = "|z| at which it is left, below `entry`; default 0.5"),
        ("stop" = Option<f64>, Query, minimum = 0, maximum = 1000,
            description = "|z| at which it is given up, above `entry`; default none"),
        ("maxFill" = Option<u32>, Query, minimum = 0, maximum = 1000,
            description = "For how many buckets the last close of a leg may stand in for a missing one; default 5 for `1s`, else 0"),
        ("points" = Option<u32>, Query, minimum = 50, maximum = 100_000,
            description = "At most so many rows, for drawing: those with the least and the greatest value of each series in equal \
                           stretches. Figures never are thinned out; default all rows"),
        ("open" = Option<bool>, Query,
            description = "Whether the open bar is a provisional last row; default false. An error if both legs are datasets"),
        ("include" = Option<String>, Query, pattern = "^(lines|stability|lines,stability|stability,lines)$", example = "lines,stability",
            description = "Parts to send besides, separated by commas: `lines`, the in-sample line of every model; `stability`, rolling \
                           β and p at up to 100 bars"),
        ("format" = Option<String>, Query, pattern = "^(json|csv)$",
            description = "`json` (default), or `csv`: the series, a row a bar; not with `points` or `include`"),
    ),
    responses(
        (status = 200, description = "The analysis", content(
            (PairResponse = "application/json"),
            (String = "text/csv"),
        )),
        (status = 400, description = "Parameters are wrong; all that are, at once", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such symbol or dataset", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "There are too few bars: how many there are, and how many it takes", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away or too much is asked at once; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(State(shared): State<Shared>, uri: Uri) -> Result<Response, ApiError> {
    let known: Vec<&str> = PairSpec::NAMES.into_iter().chain(["format"]).collect();
    let mut params = Params::of(&uri, &known);
    let format: Format = params.optional("format").unwrap_or_default();
    if format == Format::Csv {
        params.refuse("points", "is for drawing; format=csv has every row");
        params.refuse(
            "include",
            "asks for what is no series; format=csv has series alone",
        );
    }
    let spec = PairSpec::read(&mut params, Defaults::VIEW);
    params.finish()?;
    let spec = spec.expect("something is wrong with what cannot be read, and finish has failed");
    let spec = Arc::new(spec.resolved(&shared.store, &shared.directory).await?);
    let rows = Arc::new(load::rows(&shared, &spec).await?);
    if format == Format::Csv {
        return table::download(&shared, spec, rows).await;
    }
    let body = match shared.answers.get(&spec, &rows) {
        Some(body) => body,
        None => computed(&shared, spec, rows).await?,
    };
    Ok(json(&body))
}

async fn computed(
    shared: &Shared,
    spec: Arc<PairSpec>,
    rows: Arc<Rows>,
) -> Result<Bytes, ApiError> {
    let (question, bars) = (spec.clone(), rows.clone());
    let work = move |cancel: &_| -> Result<Bytes, ApiError> {
        let analysis = analysis::answer(&question, &bars, cancel);
        let analysis = analysis.map_err(|refusal| refusal.of(&question))?;
        let params = question.params();
        let body = serde_json::to_vec(&Body { params, analysis });
        let body = body.map_err(|error| ApiError::Internal(error.to_string()))?;
        Ok(body.into())
    };
    let body = shared.workers.run(work).await??;
    shared.answers.put(spec, rows, body.clone());
    Ok(body)
}

/// The answer is made now, whenever its figures were computed: they are those of the bars of now.
fn json(body: &Bytes) -> Response {
    let head = format!(
        "{{\"asOf\":{},\"version\":\"{}\",",
        convert::now_ms(),
        convert::VERSION
    );
    let mut whole = BytesMut::with_capacity(head.len() + body.len());
    whole.put_slice(head.as_bytes());
    // Its opening brace is that of the head.
    whole.put_slice(&body[1..]);
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], whole.freeze()).into_response()
}
