//! Bars of the feed.

use api_types::{BarRow, BarsParams, BarsResponse};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use futures::{Stream, stream};
use market::{Instrument, Interval};
use store::{BarRange, StoredBar, bars, feed_status, symbols::SymbolInfo};

use super::{MAX_LIMIT, Query};
use crate::{
    app::Shared,
    convert,
    csv::{self, Format, Piece},
    problem::ApiError,
};

const HEADER: [&str; 13] = [
    "symbol",
    "time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "quoteVolume",
    "buyVolume",
    "trades",
    "closed",
    "complete",
    "origin",
];

/// What is asked, resolved.
struct Wanted {
    shared: Shared,
    symbol: SymbolInfo,
    interval: Interval,
    query: Query,
}

pub(super) async fn get(
    shared: Shared,
    instrument: &Instrument,
    interval: Interval,
    query: Query,
) -> Result<Response, ApiError> {
    let symbol = shared.directory.resolve(instrument).await?;
    let wanted = Wanted {
        shared,
        symbol,
        interval,
        query,
    };
    match query.format {
        Format::Json => wanted.json().await,
        Format::Csv => {
            let file_name = format!("bars_{}_{interval}.csv", wanted.symbol.spec.symbol);
            let watermark_ms = wanted.watermark().await?;
            csv::download(&file_name, &HEADER, wanted.pages(watermark_ms)).await
        }
    }
}

impl Wanted {
    /// The greatest exchange time that is known.
    async fn watermark(&self) -> store::Result<i64> {
        let pulse = self.shared.hub.pulse();
        for feed in feed_status::read(&self.shared.store).await? {
            if let Some(watermark_ms) = feed.status.watermark_ms {
                pulse.advance(feed.status.venue, watermark_ms);
            }
        }
        let watermark_ms = *pulse.watermark(self.symbol.venue).borrow();
        Ok(watermark_ms)
    }

    /// The first bars from `from_ms` on, or the last ones.
    async fn read(&self, from_ms: Option<i64>, limit: u32) -> store::Result<Vec<StoredBar>> {
        let (store, id, to_ms) = (
            &self.shared.store,
            self.symbol.symbol_id,
            self.query.to_ms(),
        );
        match from_ms {
            Some(from_ms) => {
                let range = BarRange {
                    from_ms,
                    to_ms,
                    limit,
                };
                bars::read(store, id, self.interval, range).await
            }
            None => bars::read_newest(store, id, self.interval, to_ms, limit).await,
        }
    }

    fn row(&self, bar: &StoredBar, watermark_ms: i64) -> BarRow {
        convert::bar(bar, self.interval, watermark_ms)
    }

    async fn json(self) -> Result<Response, ApiError> {
        let start = self.query.start.map(|time| time.0);
        let (stored, watermark_ms) =
            tokio::try_join!(self.read(start, self.query.limit), self.watermark())?;
        Ok(Json(BarsResponse {
            as_of: convert::now_ms(),
            version: convert::VERSION.to_owned(),
            params: BarsParams {
                symbol: self.symbol.spec.symbol.to_string(),
                venue: convert::venue(self.symbol.venue),
                interval: convert::interval(self.interval),
                limit: self.query.limit,
                start_time: start,
                end_time: self.query.end.map(|time| time.0),
            },
            bars: stored
                .iter()
                .map(|bar| self.row(bar, watermark_ms))
                .collect(),
        })
        .into_response())
    }

    fn pages(
        self,
        watermark_ms: i64,
    ) -> impl Stream<Item = Result<Piece, ApiError>> + Send + 'static {
        let (left, next_ms) = (self.query.limit, self.query.start.map(|time| time.0));
        stream::try_unfold(
            (self, left, next_ms),
            move |(wanted, left, next_ms)| async move {
                if left == 0 {
                    return Ok(None);
                }
                // Without a start, the limit is that of one page.
                let stored = wanted.read(next_ms, left.min(MAX_LIMIT)).await?;
                let mut piece = Piece::default();
                for bar in stored.iter().map(|bar| wanted.row(bar, watermark_ms)) {
                    piece.row(|row| {
                        row.text(wanted.symbol.spec.symbol.as_str());
                        row.time(bar.time);
                        let values = [
                            bar.open,
                            bar.high,
                            bar.low,
                            bar.close,
                            bar.volume,
                            bar.quote_volume,
                            bar.buy_volume,
                        ];
                        values.into_iter().for_each(|value| row.number(value));
                        row.integer(bar.trades);
                        row.flag(bar.closed);
                        row.flag(bar.complete);
                        row.text(bar.origin.as_str());
                    });
                }
                let read = stored.len() as u32;
                let ended = next_ms.is_none() || read < left.min(MAX_LIMIT);
                let next_ms = stored
                    .last()
                    .map(|stored| stored.bar.bucket_ms + 1)
                    .or(next_ms);
                let left = if ended { 0 } else { left - read };
                Ok(Some((piece, (wanted, left, next_ms))))
            },
        )
    }
}
