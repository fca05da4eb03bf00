//! The bars that an answer needs, from wherever its legs come.

use std::sync::Arc;

use store::{BarRange, Store, bars};

use super::{Leg, LegBars, PairSpec, Rows};
use crate::{
    app::Shared,
    live::{Closes, Series},
    problem::ApiError,
    resolve::Directory,
    source::{DatasetSeries, Span},
};

/// Bars of a leg that are read at most, however few of them have a counterpart.
const MOST_BARS: usize = 400_000;
/// The last bars of the feed are not closed yet.
const OPEN_BARS: usize = 2;

impl PairSpec {
    /// The same with each live leg at its venue and each series of a dataset as it is written there, so that
    /// its text means the same whatever feed runs.
    ///
    /// # Errors
    /// [`ApiError::UnknownSymbol`] and its like, [`ApiError::BadParameters`] where a name could mean several markets or both
    /// legs are one, and those of the database.
    pub(crate) async fn resolved(
        &self,
        store: &Store,
        directory: &Directory,
    ) -> Result<Self, ApiError> {
        let mut spec = self.clone();
        for (name, leg) in [("y", &mut spec.y), ("x", &mut spec.x)] {
            match leg {
                Leg::Live(instrument) => {
                    let found = directory.resolve(instrument).await;
                    let symbol = found.map_err(|error| of_parameter(error, name))?;
                    instrument.venue = Some(symbol.venue);
                }
                Leg::Dataset { id, series } => {
                    let found = DatasetSeries::find(store, *id, series).await?;
                    *series = found.symbol;
                }
            }
        }
        if spec.y == spec.x {
            return Err(ApiError::bad_parameter("x", "is the same series as y"));
        }
        Ok(spec)
    }
}

/// The directory speaks of `symbol`, which is no parameter here.
fn of_parameter(error: ApiError, name: &str) -> ApiError {
    match error {
        ApiError::BadParameters(mut errors) => {
            for error in &mut errors {
                error.field = name.to_owned();
            }
            ApiError::BadParameters(errors)
        }
        other => other,
    }
}

/// Reads and joins the bars of both legs: so many that `limit` rows can be shown after the warm-up, or all
/// that there are.
///
/// # Errors
/// Those of [`PairSpec::resolved`], and those of the database.
pub(crate) async fn rows(shared: &Shared, spec: &PairSpec) -> Result<Rows, ApiError> {
    let (y, x) = tokio::try_join!(
        Reader::of(shared, spec, &spec.y),
        Reader::of(shared, spec, &spec.x)
    )?;
    let limit = spec.limit as usize;
    let (mut older, mut newer) = match spec.start_ms {
        Some(_) => (spec.warmup(), limit + OPEN_BARS),
        None => (spec.warmup() + limit + OPEN_BARS, 0),
    };
    loop {
        let final_read = older.max(newer) >= MOST_BARS;
        let (y, x) = tokio::try_join!(y.read(spec, older, newer), x.read(spec, older, newer))?;
        let joined = Rows::join(spec, &y, &x, final_read);
        let joined = joined.map_err(|error| ApiError::Internal(error.to_string()))?;
        if let Some(rows) = joined {
            return Ok(rows);
        }
        // Bars without a counterpart made too few rows.
        older = (older * 2).min(MOST_BARS);
        newer = (newer * 2).min(MOST_BARS);
    }
}

/// Reads the bars of one leg.
struct Reader {
    store: Store,
    source: Bars,
}

enum Bars {
    Live(Arc<Series>),
    Dataset(DatasetSeries),
}

impl Reader {
    async fn of(shared: &Shared, spec: &PairSpec, leg: &Leg) -> Result<Self, ApiError> {
        let source = match leg {
            Leg::Live(instrument) => {
                let symbol = shared.directory.resolve(instrument).await?;
                let length = spec.interval.as_interval();
                let interval = length.and_then(|length| length.as_str().parse().ok());
                let interval =
                    interval.ok_or_else(|| ApiError::bad_parameter("interval", "is not live"))?;
                Bars::Live(shared.hub.shelf().series(&symbol, interval))
            }
            Leg::Dataset { id, series } => {
                Bars::Dataset(DatasetSeries::find(&shared.store, *id, series).await?)
            }
        };
        Ok(Self {
            store: shared.store.clone(),
            source,
        })
    }

    /// The last `older` bars before `startTime` and the first `newer` ones from there on; without a start the
    /// last `older` bars of all.
    async fn read(&self, spec: &PairSpec, older: usize, newer: usize) -> Result<LegBars, ApiError> {
        let to_ms = spec.end_ms.map(|end| end.saturating_add(1));
        let before_ms = spec.start_ms.or(to_ms);
        if let (Bars::Live(series), None) = (&self.source, before_ms) {
            return Ok(LegBars::from(series.newest(older).await?));
        }
        // Asked first: what is closed now is in what is read after.
        let closed_until_ms = match &self.source {
            Bars::Live(series) => series.newest(1).await?.closed_until_ms,
            Bars::Dataset(_) => i64::MAX,
        };
        let mut found = self.section(spec, None, before_ms, older).await?;
        found.has_older = found.times_ms.len() >= older;
        if let Some(from_ms) = spec.start_ms {
            let mut next = self.section(spec, Some(from_ms), to_ms, newer).await?;
            next.has_newer = next.times_ms.len() >= newer;
            found.extend(&next);
        }
        found.closed_until_ms = closed_until_ms;
        Ok(found)
    }

    /// The first `count` bars from `from_ms` on, or without it the last ones, that start before `to_ms`.
    async fn section(
        &self,
        spec: &PairSpec,
        from_ms: Option<i64>,
        to_ms: Option<i64>,
        count: usize,
    ) -> Result<LegBars, ApiError> {
        let limit = u32::try_from(count).unwrap_or(u32::MAX);
        if limit == 0 {
            return Ok(LegBars::default());
        }
        match &self.source {
            Bars::Live(series) => {
                let (id, interval) = (series.symbol().symbol_id, series.interval());
                let range = from_ms.map(|from_ms| BarRange {
                    from_ms,
                    to_ms,
                    limit,
                });
                let read = match range {
                    Some(range) => bars::read_closes(&self.store, id, interval, range).await?,
                    None => {
                        bars::read_newest_closes(&self.store, id, interval, to_ms, limit).await?
                    }
                };
                Ok(LegBars::of(
                    read.iter().map(|bar| (bar.bucket_ms, bar.close)),
                ))
            }
            Bars::Dataset(series) => {
                let span = Span {
                    from_ms,
                    to_ms,
                    limit,
                };
                let read = series.bars(&self.store, spec.interval, span).await?;
                Ok(LegBars::of(read.iter().map(|bar| (bar.time_ms, bar.close))))
            }
        }
    }
}

impl From<Closes> for LegBars {
    fn from(closes: Closes) -> Self {
        Self {
            has_older: closes.has_older,
            closed_until_ms: closes.closed_until_ms,
            ..Self::of(closes.bars.iter().map(|bar| (bar.time_ms, bar.close)))
        }
    }
}

impl LegBars {
    fn of(bars: impl Iterator<Item = (i64, f64)>) -> Self {
        let (times_ms, closes) = bars.unzip();
        Self {
            times_ms,
            closes,
            ..Self::default()
        }
    }
}
