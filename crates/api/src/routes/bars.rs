//! `GET /api/v1/bars`

use api_types::{BarsParams, BarsResponse, Problem};
use axum::{Json, extract::State, http::Uri};
use market::{Instrument, Interval};
use store::{BarRange, Store, bars, feed_status, symbols::SymbolInfo};

use crate::{
    app::Shared,
    convert,
    params::{self, Params, Time},
    problem::ApiError,
};

const DEFAULT_LIMIT: i64 = 500;
const MAX_LIMIT: i64 = 10_000;

struct Query {
    instrument: Instrument,
    interval: Interval,
    limit: u32,
    start: Option<Time>,
    end: Option<Time>,
}

impl Query {
    fn of(uri: &Uri) -> Result<Self, ApiError> {
        let known = ["symbol", "interval", "limit", "startTime", "endTime"];
        let mut params = Params::of(uri, &known);
        let instrument = params::symbol(&mut params);
        let interval = params.required("interval", "1m");
        let limit = params
            .number("limit", 1..=MAX_LIMIT)
            .unwrap_or(DEFAULT_LIMIT);
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
        params.finish()?;
        let invariant = "required parameters are there, or finish has failed";
        Ok(Self {
            instrument: instrument.expect(invariant),
            interval: interval.expect(invariant),
            limit: u32::try_from(limit).expect("the limit is within its range"),
            start,
            end,
        })
    }

    async fn read(
        &self,
        store: &Store,
        symbol: &SymbolInfo,
    ) -> store::Result<Vec<store::StoredBar>> {
        // `endTime` is the last start that is asked for, `to_ms` the first that is not.
        let to_ms = self.end.map(|end| end.0 + 1);
        match self.start {
            Some(start) => {
                let range = BarRange {
                    from_ms: start.0,
                    to_ms,
                    limit: self.limit,
                };
                bars::read(store, symbol.symbol_id, self.interval, range).await
            }
            None => {
                bars::read_newest(store, symbol.symbol_id, self.interval, to_ms, self.limit).await
            }
        }
    }
}

/// Bars of a symbol
///
/// Open, high, low, close and volumes, ascending in time. With `startTime` the first `limit` bars from
/// there on, without it the last ones. The last bar may be open (`closed` is false). Buckets in which
/// nothing was traded are absent.
#[utoipa::path(
    get,
    path = "/bars",
    operation_id = "getBars",
    tag = "Market data",
    params(
        ("symbol" = String, Query, description = "Name of the market, or `venue:SYMBOL`", example = "BTCUSDT"),
        ("interval" = api_types::Interval, Query, description = "Length of a bar"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 10_000, description = "At most so many bars; default 500"),
        ("startTime" = Option<String>, Query, example = "2024-08-08T00:00:00Z",
            description = "Bars that start at or after this time: ms since the epoch, or RFC 3339"),
        ("endTime" = Option<String>, Query, example = "1723161600000",
            description = "Bars that start at or before this time: ms since the epoch, or RFC 3339"),
    ),
    responses(
        (status = 200, description = "The bars", body = BarsResponse),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such symbol", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    uri: Uri,
) -> Result<Json<BarsResponse>, ApiError> {
    let query = Query::of(&uri)?;
    let symbol = shared.directory.resolve(&query.instrument).await?;
    let (stored, feeds) = tokio::try_join!(
        query.read(&shared.store, &symbol),
        feed_status::read(&shared.store)
    )?;
    for feed in feeds {
        if let Some(watermark_ms) = feed.status.watermark_ms {
            shared.hub.pulse().advance(feed.status.venue, watermark_ms);
        }
    }
    let watermark_ms = *shared.hub.pulse().watermark(symbol.venue).borrow();
    Ok(Json(BarsResponse {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        params: BarsParams {
            symbol: symbol.spec.symbol.to_string(),
            venue: convert::venue(symbol.venue),
            interval: convert::interval(query.interval),
            limit: query.limit,
            start_time: query.start.map(|time| time.0),
            end_time: query.end.map(|time| time.0),
        },
        bars: stored
            .iter()
            .map(|bar| convert::bar(bar, query.interval, watermark_ms))
            .collect(),
    }))
}
