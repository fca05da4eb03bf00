//! The bars that an answer needs, from wherever its legs come.

use std::sync::Arc;

use store::{BarRange, Store, StoreError, StoredClose, bars};

use super::{Leg, LegBars, PairSpec, Rows};
use crate::{
    app::Shared,
    live::{Closes, Series},
    problem::ApiError,
};

/// Bars of a leg that are read at most, however few of them have a counterpart.
const MOST_BARS: usize = 400_000;
/// The last bars of the feed are not closed yet.
const OPEN_BARS: usize = 2;

impl PairSpec {
    /// The same with each live leg at its venue, so that its text means the same whatever feed runs.
    ///
    /// # Errors
    /// [`ApiError::UnknownSymbol`], [`ApiError::BadParameters`] where a name could mean several markets or both
    /// legs are one, and those of the database.
    pub(crate) async fn resolved(&self, shared: &Shared) -> Result<Self, ApiError> {
        let mut spec = self.clone();
        for (name, leg) in [("y", &mut spec.y), ("x", &mut spec.x)] {
            if let Leg::Live(instrument) = leg {
                let found = shared.directory.resolve(instrument).await;
                let symbol = found.map_err(|error| of_parameter(error, name))?;
                instrument.venue = Some(symbol.venue);
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
enum Reader {
    Live { store: Store, series: Arc<Series> },
}

impl Reader {
    async fn of(shared: &Shared, spec: &PairSpec, leg: &Leg) -> Result<Self, ApiError> {
        match leg {
            Leg::Live(instrument) => {
                let symbol = shared.directory.resolve(instrument).await?;
                let length = spec.interval.as_interval();
                let interval = length.and_then(|length| length.as_str().parse().ok());
                let interval =
                    interval.ok_or_else(|| ApiError::bad_parameter("interval", "is not live"))?;
                Ok(Self::Live {
                    store: shared.store.clone(),
                    series: shared.hub.shelf().series(&symbol, interval),
                })
            }
            Leg::Dataset { id, .. } => Err(ApiError::UnknownDataset(*id)),
        }
    }

    /// The last `older` bars before `startTime` and the first `newer` ones from there on; without a start the
    /// last `older` bars of all.
    async fn read(
        &self,
        spec: &PairSpec,
        older: usize,
        newer: usize,
    ) -> Result<LegBars, StoreError> {
        let Self::Live { store, series } = self;
        let (id, interval) = (series.symbol().symbol_id, series.interval());
        let to_ms = spec.end_ms.map(|end| end.saturating_add(1));
        let Some(before_ms) = spec.start_ms.or(to_ms) else {
            return Ok(LegBars::from(series.newest(older).await?));
        };
        // Asked first: what is closed now is in what is read after.
        let closed_until_ms = series.newest(1).await?.closed_until_ms;
        let last = bars::read_newest_closes(store, id, interval, Some(before_ms), few(older));
        let mut found = LegBars::of(&last.await?, closed_until_ms);
        found.has_older = found.times_ms.len() >= older;
        if let Some(from_ms) = spec.start_ms {
            let range = BarRange {
                from_ms,
                to_ms,
                limit: few(newer),
            };
            let next = bars::read_closes(store, id, interval, range).await?;
            let mut next = LegBars::of(&next, closed_until_ms);
            next.has_newer = next.times_ms.len() >= newer;
            found.extend(&next);
        }
        Ok(found)
    }
}

fn few(bars: usize) -> u32 {
    u32::try_from(bars).unwrap_or(u32::MAX)
}

impl From<Closes> for LegBars {
    fn from(closes: Closes) -> Self {
        Self {
            times_ms: closes.bars.iter().map(|bar| bar.time_ms).collect(),
            closes: closes.bars.iter().map(|bar| bar.close).collect(),
            has_older: closes.has_older,
            has_newer: false,
            closed_until_ms: closes.closed_until_ms,
        }
    }
}

impl LegBars {
    fn of(bars: &[StoredClose], closed_until_ms: i64) -> Self {
        Self {
            times_ms: bars.iter().map(|bar| bar.bucket_ms).collect(),
            closes: bars.iter().map(|bar| bar.close).collect(),
            has_older: false,
            has_newer: false,
            closed_until_ms,
        }
    }
}
