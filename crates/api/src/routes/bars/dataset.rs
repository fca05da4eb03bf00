//! Bars of a symbol of a dataset.

use api_types::{BarLength, DatasetBarsParams, DatasetBarsResponse};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use futures::{Stream, stream};

use super::{MAX_LIMIT, Query};
use crate::{
    app::Shared,
    convert,
    csv::{self, Format, Piece},
    problem::ApiError,
    routes::datasets::columns,
    source::{DatasetSeries, Source, Span},
};

const HEADER: [&str; 7] = ["symbol", "time", "open", "high", "low", "close", "volume"];

pub(super) async fn get(
    shared: Shared,
    id: i64,
    symbol: &str,
    length: BarLength,
    query: Query,
) -> Result<Response, ApiError> {
    let series = DatasetSeries::find(&shared.store, id, symbol).await?;
    let span = Span {
        from_ms: query.start.map(|time| time.0),
        to_ms: query.to_ms(),
        limit: query.limit,
    };
    if query.format == Format::Csv {
        let file_name = format!("bars_{}_{length}_dataset_{id}.csv", series.symbol);
        let pages = pages(shared, series, length, span);
        return csv::download(&file_name, &HEADER, pages).await;
    }
    let bars = series.bars(&shared.store, length, span).await?;
    Ok(Json(DatasetBarsResponse {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        params: DatasetBarsParams {
            source: Source::Dataset(id).to_string(),
            symbol: series.symbol,
            interval: length,
            limit: query.limit,
            start_time: span.from_ms,
            end_time: query.end.map(|time| time.0),
        },
        bars: columns(&bars),
    })
    .into_response())
}

fn pages(
    shared: Shared,
    series: DatasetSeries,
    length: BarLength,
    span: Span,
) -> impl Stream<Item = Result<Piece, ApiError>> + Send + 'static {
    let state = (shared, series, span);
    stream::try_unfold(state, move |(shared, series, mut span)| async move {
        if span.limit == 0 {
            return Ok(None);
        }
        let page = Span {
            limit: span.limit.min(MAX_LIMIT),
            ..span
        };
        let bars = series.bars(&shared.store, length, page).await?;
        let mut piece = Piece::default();
        for bar in &bars {
            piece.row(|row| {
                row.text(&series.symbol);
                row.time(bar.time_ms);
                row.optional(bar.open);
                row.optional(bar.high);
                row.optional(bar.low);
                row.number(bar.close);
                row.optional(bar.volume);
            });
        }
        let read = bars.len() as u32;
        // Without a start, the limit is that of one page.
        let ended = span.from_ms.is_none() || read < page.limit;
        span.limit = if ended { 0 } else { span.limit - read };
        span.from_ms = bars.last().map(|bar| bar.time_ms + 1).or(span.from_ms);
        Ok(Some((piece, (shared, series, span))))
    })
}
