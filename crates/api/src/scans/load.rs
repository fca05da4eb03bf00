//! The closes of a scan's symbols, from wherever they come.

use api_types::{ScanParams, ScanSymbol};
use futures::{StreamExt, TryStreamExt, stream};
use market::{Instrument, Venue};
use store::{
    BarRange, Store, bars,
    feed_status::{self, CLOSING_DELAY_MS},
};

use crate::{
    app::Shared,
    jobs::JobError,
    problem::ApiError,
    source::{DatasetSeries, Source, Span},
};

/// Symbols that are read at once: the connections are for others too.
const AT_ONCE: usize = 3;

/// Closed bars of a symbol.
#[derive(Debug, Default)]
pub(super) struct Bars {
    pub(super) times_ms: Vec<i64>,
    pub(super) closes: Vec<f64>,
}

/// What is scanned.
#[derive(Debug)]
pub(super) struct Loaded {
    /// By symbol; those before `from_ms` only warm up.
    pub(super) bars: Vec<Bars>,
    pub(super) from_ms: i64,
}

/// Reads the closed bars of all symbols.
pub(super) async fn load(shared: &Shared, params: &ScanParams) -> Result<Loaded, JobError> {
    let feeds = feed_status::read(&shared.store).await?;
    let watermarks: Vec<(Venue, i64)> = feeds
        .iter()
        .filter_map(|feed| Some((feed.status.venue, feed.status.watermark_ms?)))
        .collect();
    let symbols = params.symbols.iter();
    let reads: Vec<_> = symbols
        .map(|symbol| read(shared, params, symbol, &watermarks))
        .collect();
    let bars: Vec<Bars> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
    let from_ms = match (params.start_time, params.limit) {
        (Some(start_ms), _) => start_ms,
        (None, Some(limit)) => nth_last_time(&bars, limit as usize),
        (None, None) => i64::MIN,
    };
    Ok(Loaded { bars, from_ms })
}

async fn read(
    shared: &Shared,
    params: &ScanParams,
    symbol: &ScanSymbol,
    watermarks: &[(Venue, i64)],
) -> Result<Bars, JobError> {
    let reader = Reader::of(shared, params, symbol, watermarks).await?;
    reader.read(&shared.store, params).await
}

/// Start of the `n`th last bucket in which any symbol has a bar: the same range for all pairs.
pub(super) fn nth_last_time(bars: &[Bars], n: usize) -> i64 {
    let last = |bars: &Bars| bars.times_ms.len().saturating_sub(n);
    let mut times: Vec<i64> = bars
        .iter()
        .flat_map(|bars| &bars.times_ms[last(bars)..])
        .copied()
        .collect();
    times.sort_unstable();
    times.dedup();
    let first = times.len().saturating_sub(n);
    times.get(first).copied().unwrap_or(i64::MIN)
}

struct Reader {
    source: Where,
    /// Bars that start at or after this time are not closed, or not wanted.
    before_ms: Option<i64>,
}

enum Where {
    Live(store::SymbolId, market::Interval),
    Dataset(DatasetSeries),
}

impl Reader {
    async fn of(
        shared: &Shared,
        params: &ScanParams,
        symbol: &ScanSymbol,
        watermarks: &[(Venue, i64)],
    ) -> Result<Self, ApiError> {
        let wanted_ms = params.end_time.map(|end| end.saturating_add(1));
        let source: Source = symbol.source.as_deref().unwrap_or("live").parse().map_err(
            |error: crate::source::BadSource| ApiError::bad_parameter("source", error.to_string()),
        )?;
        match source {
            Source::Live => {
                let instrument: Instrument = symbol
                    .symbol
                    .parse()
                    .map_err(|_| ApiError::UnknownSymbol(symbol.symbol.clone()))?;
                let info = shared.directory.resolve(&instrument).await?;
                let interval = params.interval.as_interval();
                let interval: Option<market::Interval> =
                    interval.and_then(|interval| interval.as_str().parse().ok());
                let interval =
                    interval.ok_or_else(|| ApiError::bad_parameter("interval", "is not live"))?;
                let watermark = watermarks.iter().find(|(venue, _)| *venue == info.venue);
                let closed_until_ms = watermark.map_or(i64::MAX, |(_, watermark_ms)| {
                    watermark_ms - CLOSING_DELAY_MS
                });
                // A bar is closed when its end is at or before that.
                let open_ms = interval.bucket_of(closed_until_ms);
                let before_ms = wanted_ms.map_or(open_ms, |wanted_ms| wanted_ms.min(open_ms));
                Ok(Self {
                    source: Where::Live(info.symbol_id, interval),
                    before_ms: Some(before_ms),
                })
            }
            Source::Dataset(id) => Ok(Self {
                source: Where::Dataset(
                    DatasetSeries::find(&shared.store, id, &symbol.symbol).await?,
                ),
                before_ms: wanted_ms,
            }),
        }
    }

    async fn read(&self, store: &Store, params: &ScanParams) -> Result<Bars, JobError> {
        let warm_up = params.lookback + params.window;
        let Some(start_ms) = params.start_time else {
            let limit = params.limit.unwrap_or_default().max(warm_up);
            return self
                .section(store, params, None, self.before_ms, limit)
                .await;
        };
        let mut older = self
            .section(store, params, None, Some(start_ms), warm_up)
            .await?;
        let newer = self
            .section(store, params, Some(start_ms), self.before_ms, u32::MAX >> 1)
            .await?;
        older.times_ms.extend(newer.times_ms);
        older.closes.extend(newer.closes);
        Ok(older)
    }

    /// The first `limit` bars from `from_ms` on, or without it the last ones, that start before `to_ms`.
    async fn section(
        &self,
        store: &Store,
        params: &ScanParams,
        from_ms: Option<i64>,
        to_ms: Option<i64>,
        limit: u32,
    ) -> Result<Bars, JobError> {
        let (times_ms, closes) = match &self.source {
            Where::Live(id, interval) => {
                let read = match from_ms {
                    Some(from_ms) => {
                        let range = BarRange {
                            from_ms,
                            to_ms,
                            limit,
                        };
                        bars::read_closes(store, *id, *interval, range).await?
                    }
                    None => bars::read_newest_closes(store, *id, *interval, to_ms, limit).await?,
                };
                read.iter().map(|bar| (bar.bucket_ms, bar.close)).unzip()
            }
            Where::Dataset(series) => {
                let span = Span {
                    from_ms,
                    to_ms,
                    limit,
                };
                let read = series.bars(store, params.interval, span).await?;
                read.iter().map(|bar| (bar.time_ms, bar.close)).unzip()
            }
        };
        Ok(Bars { times_ms, closes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_is_that_of_the_last_buckets_in_which_anybody_traded() {
        let of = |times: &[i64]| Bars {
            times_ms: times.to_vec(),
            closes: vec![1.0; times.len()],
        };
        let bars = [of(&[1, 2, 5, 9]), of(&[2, 3, 9]), of(&[])];
        assert_eq!(nth_last_time(&bars, 1), 9);
        assert_eq!(nth_last_time(&bars, 3), 3);
        assert_eq!(nth_last_time(&bars, 50), 1);
        assert_eq!(nth_last_time(&[], 5), i64::MIN);
    }
}
