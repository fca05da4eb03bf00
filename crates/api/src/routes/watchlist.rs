//! `GET` and `PUT /api/v1/watchlist`

use api_types::{NoParams, Problem, WatchlistData, WatchlistPut, WatchlistResponse, WatchlistRow};
use axum::{
    Json,
    extract::State,
    http::Uri,
    response::{IntoResponse, Response},
};
use store::watchlist::{self, Replaced};

use crate::{
    app::Shared,
    body::JsonBody,
    convert,
    csv::{self, Format, Row},
    params::Params,
    problem::ApiError,
    watchlist as pairs,
};

const HEADER: [&str; 22] = [
    "y",
    "x",
    "interval",
    "model",
    "lookback",
    "window",
    "state",
    "detail",
    "updatedAt",
    "time",
    "closed",
    "yClose",
    "xClose",
    "z",
    "spread",
    "beta",
    "correlation",
    "testedTime",
    "pValue",
    "cointegrated",
    "halfLifeBars",
    "halfLifeMs",
];

/// The watchlist
///
/// Pairs that are followed side by side, with their figures now. The topic `watchlist` of the stream goes on
/// from here. If the figures of a pair have yet to be computed, the answer waits up to two seconds for them. With
/// `format=csv` one row a pair.
#[utoipa::path(
    get,
    path = "/watchlist",
    operation_id = "getWatchlist",
    tag = "Pairs",
    params(
        ("format" = Option<String>, Query, pattern = "^(json|csv)$", description = "`json` (default) or `csv`"),
    ),
    responses(
        (status = 200, description = "The list", content((WatchlistResponse = "application/json"), (String = "text/csv"))),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(State(shared): State<Shared>, uri: Uri) -> Result<Response, ApiError> {
    let mut params = Params::of(&uri, &["format"]);
    let format: Format = params.optional("format").unwrap_or_default();
    params.finish()?;
    let stored = watchlist::read(&shared.store).await?;
    let watchlist = now(&shared, stored.revision).await?;
    if format == Format::Csv {
        let rows = watchlist.rows;
        let pieces = csv::rows(rows.len(), move |place, row| cells(&rows[place], row));
        return csv::download("watchlist.csv", &HEADER, pieces).await;
    }
    Ok(answer(watchlist).into_response())
}

/// In the order of [`HEADER`].
fn cells(of: &WatchlistRow, row: &mut Row<'_>) {
    match &of.params {
        Some(params) => {
            row.text(&params.y);
            row.text(&params.x);
            row.text(&params.interval);
            row.text(params.model.as_str());
            row.optional(params.lookback.map(f64::from));
            row.integer(params.window.into());
        }
        None => (0..6).for_each(|_| row.empty()),
    }
    row.text(of.state.as_str());
    row.text(of.detail.as_deref().unwrap_or_default());
    let Some(figures) = &of.figures else {
        (0..HEADER.len() - 8).for_each(|_| row.empty());
        return;
    };
    row.time(figures.updated_at);
    row.time(figures.time);
    row.flag(figures.closed);
    row.number(figures.y);
    row.number(figures.x);
    for figure in [figures.z, figures.spread, figures.beta, figures.correlation] {
        row.optional(figure);
    }
    match figures.tested_time {
        Some(time) => row.time(time),
        None => row.empty(),
    }
    row.optional(figures.p_value);
    match figures.cointegrated {
        Some(cointegrated) => row.flag(cointegrated),
        None => row.empty(),
    }
    row.optional(figures.half_life_bars);
    row.optional(figures.half_life_ms);
}

/// Replace the watchlist
///
/// The body is the whole list and the revision that it replaces, which is that of the list as it was last read: if
/// somebody else has replaced it meanwhile, nothing happens and the answer is 409. Everything that is wrong with any of
/// the pairs is told at once.
#[utoipa::path(
    put,
    path = "/watchlist",
    operation_id = "putWatchlist",
    tag = "Pairs",
    request_body(content = WatchlistPut, description = "The list; what is absent of a pair has its default"),
    responses(
        (status = 200, description = "The list as it is now", body = WatchlistResponse),
        (status = 400, description = "Fields are unknown, missing or out of range: each is named, with what is allowed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such symbol", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The list is at another revision", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is no JSON by its header", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn put(
    State(shared): State<Shared>,
    uri: Uri,
    JsonBody(body): JsonBody<WatchlistPut>,
) -> Result<Json<WatchlistResponse>, ApiError> {
    Params::of(&uri, &[]).finish()?;
    let specs = pairs::read(&shared, &body.pairs).await?;
    let texts: Vec<String> = specs.iter().map(ToString::to_string).collect();
    match watchlist::replace(&shared.store, body.revision, &texts).await? {
        Replaced::Done { revision } => Ok(answer(now(&shared, revision).await?)),
        Replaced::Outdated { current } => Err(ApiError::WatchlistReplaced {
            given: body.revision,
            current,
        }),
    }
}

async fn now(shared: &Shared, revision: i64) -> Result<WatchlistData, ApiError> {
    let watchlist = shared.hub.watchlist(revision).await;
    watchlist
        .ok_or_else(|| ApiError::DatabaseAway("the watchlist could not be read in time".to_owned()))
}

fn answer(watchlist: WatchlistData) -> Json<WatchlistResponse> {
    Json(WatchlistResponse {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        params: NoParams {},
        watchlist,
    })
}
