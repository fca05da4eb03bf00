//! The figures of all pairs, as far as they are.

use std::{collections::BTreeMap, sync::Arc};

use analytics::radar::{Radar, RadarPoint};
use api_types::{RADAR_MOST_ROWS, RadarData, RadarRow};
use futures::{StreamExt, TryStreamExt, stream};
use store::{Result, Store, StoreError, SymbolId, bars, feed_status::CLOSING_DELAY_MS};
use tokio::{sync::watch, task::spawn_blocking};

use super::Basis;
use crate::hub::{pump::Pulse, signal::Signal};

/// Symbols that are read at once: the connections are for others too.
const AT_ONCE: usize = 3;
/// Bars that are read besides those that the figures take: not every bucket of one leg has a counterpart.
const SPARE_BARS: usize = 60;
/// A z-score from here on is counted.
const BEYOND: f64 = 2.0;

/// All pairs and where they are.
#[derive(Debug)]
pub(crate) struct Field {
    basis: Basis,
    radar: Radar,
    /// Start of the first bucket that is not closed.
    open_ms: i64,
    watermark: watch::Receiver<i64>,
    /// By symbol: what happened to it since it was looked at.
    signals: Vec<Arc<Signal>>,
    provisional: Vec<RadarPoint>,
}

/// What became of a field that was to move on.
#[derive(Debug)]
pub(crate) enum Moved {
    /// It did; what it says now.
    On(Box<Field>, RadarData),
    /// Bars changed that it has taken in: it is to be read anew.
    Void,
}

/// Closes by bucket and position of the symbol.
type Buckets = BTreeMap<i64, Vec<Option<f64>>>;

impl Field {
    /// Reads the closed bars that the figures take. `None` without a feed.
    ///
    /// # Errors
    /// Only those of the database.
    pub(crate) async fn read(store: &Store, pulse: &Pulse, basis: Basis) -> Result<Option<Self>> {
        let Some(venue) = basis.venue else {
            return Ok(None);
        };
        let mut watermark = pulse.settled(venue);
        let known_ms = *watermark.borrow_and_update();
        if known_ms == 0 {
            // Nothing was heard yet.
            return Ok(None);
        }
        let open_ms = basis.interval.bucket_of(known_ms - CLOSING_DELAY_MS);
        // Before anything is read: what changes from now on is told.
        let ids = basis.symbols.iter().map(|info| info.symbol_id);
        let signals = ids.clone().map(|id| pulse.signal_for(id)).collect();
        let bars = basis.params.lookback.get() + basis.params.window.get() + SPARE_BARS;
        let limit = u32::try_from(bars).unwrap_or(u32::MAX);
        let interval = basis.interval;
        let reads: Vec<_> = ids
            .map(|id| bars::read_newest_closes(store, id, interval, Some(open_ms), limit))
            .collect();
        let read: Vec<_> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
        let compute = move || -> Result<Self> {
            let count = basis.symbols.len();
            let mut buckets = Buckets::new();
            for (place, closes) in read.iter().enumerate() {
                for close in closes {
                    let bucket = buckets.entry(close.bucket_ms);
                    bucket.or_insert_with(|| vec![None; count])[place] = Some(close.close);
                }
            }
            let radar = Radar::new(count, basis.pairs.iter().copied(), basis.params);
            let mut radar = radar.map_err(defect)?;
            take_in(&mut radar, &buckets)?;
            Ok(Self {
                basis,
                radar,
                open_ms,
                watermark,
                signals,
                provisional: Vec::new(),
            })
        };
        let computed = spawn_blocking(compute).await;
        computed.expect("the radar does not panic").map(Some)
    }

    /// Takes in what has closed, and looks at all pairs with the last prices.
    ///
    /// # Errors
    /// Only those of the database.
    pub(crate) async fn advance(
        mut self: Box<Self>,
        store: &Store,
        pulse: &Pulse,
    ) -> Result<Moved> {
        // First: what was signalled when time came to this is in what is taken now.
        let known_ms = *self.watermark.borrow_and_update();
        let (from_ms, interval) = (self.open_ms, self.basis.interval);
        let open_ms = interval.bucket_of(known_ms - CLOSING_DELAY_MS).max(from_ms);
        let is_void = self.signals.iter().fold(false, |is_void, signal| {
            let pending = signal.take();
            is_void || pending.everything || pending.min_time_ms.is_some_and(|ms| ms < from_ms)
        });
        if is_void {
            return Ok(Moved::Void);
        }
        let ids: Vec<SymbolId> = self
            .basis
            .symbols
            .iter()
            .map(|info| info.symbol_id)
            .collect();
        let mut closed = Buckets::new();
        if open_ms > from_ms {
            for (id, close) in bars::closes_of(store, &ids, interval, from_ms, open_ms).await? {
                if let Some(place) = ids.iter().position(|known| *known == id) {
                    let bucket = closed.entry(close.bucket_ms);
                    bucket.or_insert_with(|| vec![None; ids.len()])[place] = Some(close.close);
                }
            }
        }
        let open: Vec<Option<f64>> = ids
            .iter()
            .map(|id| {
                let newest = pulse.newest(*id)?;
                (newest.last_time_ms >= open_ms).then_some(newest.last_price)
            })
            .collect();
        let computed = spawn_blocking(move || -> Result<Moved> {
            take_in(&mut self.radar, &closed)?;
            self.open_ms = open_ms;
            let field = &mut *self;
            let looked = field
                .radar
                .provisional(open_ms, &open, &mut field.provisional);
            looked.map_err(defect)?;
            let data = field.data();
            Ok(Moved::On(self, data))
        });
        computed.await.expect("the radar does not panic")
    }

    /// What is told of all pairs.
    fn data(&self) -> RadarData {
        let z_of = |point: &RadarPoint| point.z.map(f64::abs);
        let sizes = self.provisional.iter().filter_map(z_of);
        let mut strongest: Vec<(usize, f64)> = self
            .basis
            .found
            .keys()
            .filter_map(|&place| Some((place, z_of(&self.provisional[place])?)))
            .collect();
        strongest.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        strongest.truncate(RADAR_MOST_ROWS);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        RadarData {
            scan: self.basis.scan,
            ready: true,
            symbols: count(self.basis.symbols.len()),
            pairs: count(self.basis.pairs.len()),
            known: count(sizes.clone().count()),
            beyond: count(sizes.filter(|size| *size >= BEYOND).count()),
            cointegrated: count(self.basis.found.len()),
            rows: strongest
                .into_iter()
                .filter_map(|(place, _)| self.row(place))
                .collect(),
        }
    }

    fn row(&self, place: usize) -> Option<RadarRow> {
        let (y, x) = self.basis.pairs[place];
        let point = self.provisional[place];
        let found = self.basis.found.get(&place)?;
        let name = |symbol: usize| {
            let info = &self.basis.symbols[symbol];
            format!("{}:{}", info.venue, info.spec.symbol)
        };
        let time = point.time_ms?;
        Some(RadarRow {
            y: name(y),
            x: name(x),
            time,
            closed: time < self.open_ms,
            z: point.z?,
            spread: point.spread,
            beta: point.beta,
            correlation: point.correlation,
            p_y_on_x: found.p_y_on_x,
            q: found.q,
            half_life_bars: found.half_life_bars,
        })
    }
}

fn take_in(radar: &mut Radar, buckets: &Buckets) -> Result<()> {
    for (&bucket_ms, closes) in buckets {
        radar.push(bucket_ms, closes).map_err(defect)?;
    }
    Ok(())
}

/// Prices in the database are positive and finite.
fn defect(error: analytics::Error) -> StoreError {
    StoreError::Corrupt(error.to_string())
}
