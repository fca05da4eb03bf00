//! The closes of one symbol at one interval, held to what the database says.
//!
//! What is held is read from the database once, and again whenever a notification says that it may have
//! changed: from the first bar that may, or all of it when that is not known. New trades in the newest bucket
//! are taken from the notification itself, which carries the last price. So what is held is as old as the
//! last notification that was handled, and whoever asks has all that have arrived handled first. While
//! notifications are not heard nothing is vouched for, and [`Series::newest`] reads the database instead.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

use market::Interval;
use service::Backoff;
use store::{BarRange, Result, Store, bars, symbols::SymbolInfo};
use tokio::{
    sync::{Mutex as AsyncMutex, watch},
    time::{Instant, sleep_until},
};

use super::held::{Close, Held};
use crate::{
    convert,
    hub::{
        pump::Pulse,
        signal::{Pending, Signal},
    },
};

/// Most bars of a series that are held; who wants more reads the database.
pub(crate) const MOST_BARS: usize = 65_536;
/// Feeds report every second, so a connection on which nothing was heard for so long may be dead.
const SILENCE: Duration = Duration::from_secs(3);
/// While history arrives, each batch calls for a read of everything.
const RELOAD_PAUSE: Duration = Duration::from_secs(1);
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(5);

/// Closes as they are at one moment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Closes {
    /// Ascending; the last ones may be open.
    pub(crate) bars: Vec<Close>,
    /// Bars that end at or before this time, ms since the epoch, are closed.
    pub(crate) closed_until_ms: i64,
    /// Whether there may be older bars, which were not asked for.
    pub(crate) has_older: bool,
}

/// One symbol at one interval. Shared by everybody who wants it; see [`Shelf`](super::Shelf).
#[derive(Debug)]
pub(crate) struct Series {
    store: Store,
    pulse: Arc<Pulse>,
    symbol: SymbolInfo,
    interval: Interval,
    pub(super) signal: Arc<Signal>,
    held: RwLock<Held>,
    /// How far the feed is. Who holds it may write `held`; there is one read of the database at a time.
    reader: AsyncMutex<watch::Receiver<i64>>,
    /// Counts up when `held` may have changed, or settled.
    version: watch::Sender<u64>,
    wanted: Mutex<Wanted>,
}

/// What is to be held, and for whom.
#[derive(Debug, Default)]
struct Wanted {
    /// Bars at the end, asked for since the last [`Series::trim`].
    newest: usize,
    /// Starts of the ranges that are kept.
    ranges: HashMap<u64, i64>,
    next_key: u64,
}

/// When bars are read again that may have changed at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reload {
    Now,
    /// New trades are taken in alone; until the others are read nothing more is known to be closed.
    Later,
}

/// Keeps bars held from some time on, as long as it lives.
#[derive(Debug)]
pub(crate) struct Range {
    series: Arc<Series>,
    key: u64,
}

impl Drop for Range {
    fn drop(&mut self) {
        self.series.wanted().ranges.remove(&self.key);
    }
}

impl Series {
    pub(super) fn new(
        store: Store,
        pulse: Arc<Pulse>,
        symbol: SymbolInfo,
        interval: Interval,
    ) -> Self {
        Self {
            signal: pulse.signal_for(symbol.symbol_id),
            reader: AsyncMutex::new(pulse.settled(symbol.venue)),
            store,
            pulse,
            symbol,
            interval,
            held: RwLock::new(Held::new(interval)),
            version: watch::Sender::new(0),
            wanted: Mutex::default(),
        }
    }

    pub(crate) const fn symbol(&self) -> &SymbolInfo {
        &self.symbol
    }

    pub(crate) const fn interval(&self) -> Interval {
        self.interval
    }

    /// The last `count` closes, open ones included. What is held is used while notifications are heard; else,
    /// and beyond [`MOST_BARS`], they are read. O(count).
    ///
    /// # Errors
    /// Those of the database, where it has to be read.
    pub(crate) async fn newest(&self, count: usize) -> Result<Closes> {
        if count > MOST_BARS || !self.pulse.heard_within(SILENCE) {
            return self.read_newest(count).await;
        }
        {
            let mut wanted = self.wanted();
            wanted.newest = wanted.newest.max(count);
        }
        self.catch_up(count, i64::MAX, Reload::Now).await?;
        let held = self.held();
        Ok(Closes {
            bars: held.newest(count).collect(),
            closed_until_ms: held.closed_until_ms(),
            has_older: held.start_ms() > i64::MIN || held.len() > count,
        })
    }

    async fn read_newest(&self, count: usize) -> Result<Closes> {
        let mut closed_until_ms = 0;
        for feed in store::feed_status::read(&self.store).await? {
            if feed.status.venue == self.symbol.venue {
                closed_until_ms = feed.status.watermark_ms.unwrap_or_default();
            }
        }
        let mut held = Held::new(self.interval);
        held.settle(closed_until_ms, convert::now_ms());
        let limit = u32::try_from(count).unwrap_or(u32::MAX);
        let id = self.symbol.symbol_id;
        let read = bars::read_newest_closes(&self.store, id, self.interval, None, limit).await?;
        let has_older = read.len() >= count;
        held.replace(i64::MIN, &read);
        Ok(Closes {
            bars: held.after(i64::MIN).collect(),
            closed_until_ms: held.closed_until_ms(),
            has_older,
        })
    }

    /// Has all bars from `from_ms` on held from now on, and what happens to them told by
    /// [`versions`](Self::versions). They are there when this returns.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn keep(self: &Arc<Self>, from_ms: i64) -> Result<Range> {
        let range = {
            let mut wanted = self.wanted();
            let key = wanted.next_key;
            wanted.next_key += 1;
            wanted.ranges.insert(key, from_ms);
            Range {
                series: self.clone(),
                key,
            }
        };
        self.catch_up(0, from_ms, Reload::Now).await?;
        Ok(range)
    }

    /// Changes when what is held may have changed or more of it is known to be closed.
    pub(crate) fn versions(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// What is held. Not to be kept over an `await`.
    pub(crate) fn held(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Handles all notifications that have arrived, and reads what is missing of the last `count` bars and
    /// of those from `from_ms` on. Returns whether the database had to be read.
    pub(super) async fn catch_up(
        &self,
        count: usize,
        from_ms: i64,
        reload: Reload,
    ) -> Result<bool> {
        let mut watermark = self.reader.lock().await;
        let as_of_ms = convert::now_ms();
        // Taken first: what was signalled when time came to this is in what is taken now.
        let watermark_ms = *watermark.borrow_and_update();
        let pending = match reload {
            Reload::Now => self.signal.take(),
            Reload::Later => self.signal.take_trades(),
        };
        let (missing, untouched) = {
            let held = self.held();
            let missing = count > 0 && !held.holds(count) || from_ms < held.start_ms();
            (missing, held.start_ms() == i64::MAX)
        };
        let has_read = if missing || pending.everything && !untouched {
            self.load(count, from_ms).await.map(|()| true)
        } else {
            self.refresh(pending).await
        };
        if has_read.is_err() {
            self.signal.raise(pending);
        }
        let has_read = has_read?;
        if reload == Reload::Now || !self.signal.peek().everything {
            self.write().settle(watermark_ms, as_of_ms);
        }
        self.version.send_modify(|version| *version += 1);
        Ok(has_read)
    }

    /// Reads everything that is held or to be held.
    async fn load(&self, count: usize, from_ms: i64) -> Result<()> {
        let (count, from_ms) = {
            let (held, wanted) = (self.held(), self.wanted());
            let from_ms = wanted.ranges.values().copied().min().unwrap_or(from_ms);
            (count.max(wanted.newest).max(held.len()), from_ms)
        };
        let id = self.symbol.symbol_id;
        let limit = u32::try_from(count.clamp(1, MOST_BARS)).unwrap_or(u32::MAX);
        let mut read =
            bars::read_newest_closes(&self.store, id, self.interval, None, limit).await?;
        let mut start = match read.first() {
            Some(first) if read.len() >= limit as usize => first.bucket_ms,
            // There are no more.
            _ => i64::MIN,
        };
        if from_ms < start {
            let range = BarRange {
                from_ms,
                to_ms: Some(start),
                limit: u32::try_from(MOST_BARS).unwrap_or(u32::MAX),
            };
            let mut older = bars::read_closes(&self.store, id, self.interval, range).await?;
            older.append(&mut read);
            (read, start) = (older, from_ms);
        }
        self.write().replace(start, &read);
        Ok(())
    }

    /// Brings what is held up to date with what was heard. Returns whether the database had to be read.
    async fn refresh(&self, pending: Pending) -> Result<bool> {
        let Some(min_time_ms) = pending.min_time_ms else {
            return Ok(false);
        };
        let from_ms = {
            let mut held = self.write();
            if held.start_ms() == i64::MAX {
                return Ok(false);
            }
            if let Some(newest) = &pending.newest
                && held.take_in(min_time_ms, newest)
            {
                return Ok(false);
            }
            let from_ms = self.interval.bucket_of(min_time_ms);
            if from_ms < held.start_ms() {
                held.changed_before(from_ms);
            }
            from_ms.max(held.start_ms())
        };
        let range = BarRange {
            from_ms,
            to_ms: None,
            limit: u32::try_from(2 * MOST_BARS).unwrap_or(u32::MAX),
        };
        let id = self.symbol.symbol_id;
        let now = bars::read_closes(&self.store, id, self.interval, range).await?;
        self.write().replace(from_ms, &now);
        Ok(true)
    }

    /// Keeps what is held up to date until nobody wants it: until `unused` says so, asked each `pause`.
    pub(super) async fn run(&self, coalesce: Duration, pause: Duration, unused: impl Fn() -> bool) {
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MOST);
        let mut watermark = self.pulse.settled(self.symbol.venue);
        let mut look = tokio::time::interval_at(Instant::now() + pause, pause);
        let mut failing = false;
        let mut next_reload = Instant::now();
        loop {
            let closing_ms = self.held().next_closing_ms();
            let reloads = self.signal.peek().everything;
            tokio::select! {
                () = self.signal.raised() => {}
                () = sleep_until(next_reload), if reloads => {}
                _ = watermark.wait_for(|&now| now >= closing_ms), if !reloads => {}
                _ = look.tick() => {
                    if self.is_unwanted() && unused() {
                        return;
                    }
                    self.trim();
                    continue;
                }
            }
            let reload = match self.signal.peek().everything {
                true if Instant::now() < next_reload => Reload::Later,
                true => {
                    next_reload = Instant::now() + RELOAD_PAUSE;
                    Reload::Now
                }
                false => Reload::Now,
            };
            match self.catch_up(0, i64::MAX, reload).await {
                Ok(has_read) => {
                    backoff.reset();
                    failing = false;
                    // What costs nothing is passed on at once.
                    if has_read {
                        tokio::time::sleep(coalesce).await;
                    }
                }
                Err(error) => {
                    if !failing {
                        tracing::warn!(symbol = %self.symbol.spec.symbol, interval = %self.interval,
                            %error, "closes could not be read");
                    }
                    failing = true;
                    tokio::time::sleep(backoff.next_delay()).await;
                }
            }
        }
    }

    fn is_unwanted(&self) -> bool {
        let wanted = self.wanted();
        wanted.newest == 0 && wanted.ranges.is_empty()
    }

    /// Forgets what nobody has asked for since the last time.
    fn trim(&self) {
        let (newest, from_ms) = {
            let mut wanted = self.wanted();
            let from_ms = wanted.ranges.values().copied().min();
            (std::mem::take(&mut wanted.newest), from_ms)
        };
        self.write().trim(newest, from_ms.unwrap_or(i64::MAX));
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn wanted(&self) -> std::sync::MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
