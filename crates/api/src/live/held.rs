//! The last closes of a series, and what changed in them.

use std::collections::VecDeque;

use market::Interval;
use store::{BarOrigin, StoredClose, TradeNotice, feed_status::CLOSING_DELAY_MS};

/// Changes that are told apart; who missed more looks at everything again.
const CHANGES: usize = 64;

/// A bar, as much of it as an analysis needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Close {
    /// Start of the bucket.
    pub(crate) time_ms: i64,
    pub(crate) close: f64,
}

/// The closes of a series from some time on, ascending, and what changed in them.
#[derive(Debug)]
pub(crate) struct Held {
    interval: Interval,
    bars: VecDeque<Close>,
    /// All bars from here on are here. `i64::MAX` before anything was read, `i64::MIN` when there are no
    /// older ones.
    from_ms: i64,
    /// Everything that was stored before the feed's watermark came to this is in `bars`.
    settled_ms: i64,
    /// End of the last kline: they were closed when they were fetched.
    kline_end_ms: i64,
    /// All trades up to this one are in `bars`.
    agg_id: i64,
    /// When everything that was heard of was here last, by the clock of this server.
    as_of_ms: i64,
    revision: u64,
    /// Which revision changed bars from which time on.
    changes: VecDeque<(u64, i64)>,
}

impl Held {
    pub(crate) const fn new(interval: Interval) -> Self {
        Self {
            interval,
            bars: VecDeque::new(),
            from_ms: i64::MAX,
            settled_ms: i64::MIN,
            kline_end_ms: i64::MIN,
            agg_id: 0,
            as_of_ms: 0,
            revision: 0,
            changes: VecDeque::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.bars.len()
    }

    /// All bars from here on are here; `i64::MAX` before anything was read, `i64::MIN` when that is all there
    /// is.
    pub(crate) const fn start_ms(&self) -> i64 {
        self.from_ms
    }

    /// See the field.
    pub(crate) const fn agg_id(&self) -> i64 {
        self.agg_id
    }

    /// See the field.
    pub(crate) const fn as_of_ms(&self) -> i64 {
        self.as_of_ms
    }

    /// Grows with every change.
    pub(crate) const fn revision(&self) -> u64 {
        self.revision
    }

    /// Bars that end at or before this time are closed.
    pub(crate) fn closed_until_ms(&self) -> i64 {
        self.kline_end_ms
            .max(self.settled_ms.saturating_sub(CLOSING_DELAY_MS))
    }

    /// The watermark at which the next bucket of time closes, bar or none.
    pub(crate) fn next_closing_ms(&self) -> i64 {
        let closed = self.settled_ms.saturating_sub(CLOSING_DELAY_MS);
        let bucket = self.interval.bucket_of(closed.max(0));
        bucket + self.interval.ms() + CLOSING_DELAY_MS
    }

    /// Whether the last `count` bars are here, or all there are.
    pub(crate) fn holds(&self, count: usize) -> bool {
        self.from_ms == i64::MIN || self.from_ms < i64::MAX && self.bars.len() >= count
    }

    /// Bars that start after this time, ascending.
    pub(crate) fn after(&self, time_ms: i64) -> impl Iterator<Item = Close> + '_ {
        // Most often few bars at the end are wanted, and a search from there touches less memory.
        let kept = self.bars.partition_point(|bar| bar.time_ms <= time_ms);
        self.bars.range(kept..).copied()
    }

    /// The last `count` bars, ascending.
    pub(crate) fn newest(&self, count: usize) -> impl Iterator<Item = Close> + '_ {
        self.bars
            .range(self.bars.len().saturating_sub(count)..)
            .copied()
    }

    /// Start of the earliest bar that changed after this revision; `i64::MIN` when that is forgotten.
    pub(crate) fn changed_since(&self, revision: u64) -> Option<i64> {
        if revision >= self.revision {
            return None;
        }
        match self.changes.front() {
            Some(&(first, _)) if first <= revision + 1 => self
                .changes
                .iter()
                .filter(|(at, _)| *at > revision)
                .map(|(_, from_ms)| *from_ms)
                .min(),
            _ => Some(i64::MIN),
        }
    }

    /// Records that everything stored before the feed's watermark came to this is here, as it was at
    /// `as_of_ms`.
    pub(crate) fn settle(&mut self, watermark_ms: i64, as_of_ms: i64) {
        self.settled_ms = self.settled_ms.max(watermark_ms);
        self.as_of_ms = as_of_ms;
    }

    /// Takes in new trades without reading them: they are all in the newest bucket, so its close is the
    /// price of the last of them. False when that is not so.
    pub(crate) fn take_in(&mut self, min_time_ms: i64, newest: &TradeNotice) -> bool {
        let bucket = self.interval.bucket_of(newest.last_time_ms);
        let last = self.bars.back().map_or(i64::MIN, |bar| bar.time_ms);
        let loaded = self.from_ms < i64::MAX;
        if !loaded
            || self.interval.bucket_of(min_time_ms) != bucket
            || bucket < last
            || newest.last_agg_id <= self.agg_id
        {
            return false;
        }
        self.agg_id = newest.last_agg_id;
        let bar = Close {
            time_ms: bucket,
            close: newest.last_price,
        };
        if self.bars.back() == Some(&bar) {
            return true;
        }
        if last == bucket {
            self.bars.pop_back();
        }
        self.bars.push_back(bar);
        self.record(bucket);
        true
    }

    /// Takes in all bars from `from_ms` on as they are now. With `from_ms` before what is held they stand
    /// for the whole; `i64::MIN` says that there are none before the first.
    pub(crate) fn replace(&mut self, from_ms: i64, now: &[StoredClose]) {
        let newest = now.iter().filter_map(|bar| bar.last_agg_id).max();
        self.agg_id = newest.unwrap_or(0).max(self.agg_id);
        let klines = now.iter().filter(|bar| bar.origin == BarOrigin::Klines);
        if let Some(last) = klines.map(|bar| bar.bucket_ms).max() {
            self.kline_end_ms = self.kline_end_ms.max(last + self.interval.ms());
        }
        let now = now.iter().map(|bar| Close {
            time_ms: bar.bucket_ms,
            close: bar.close,
        });
        let kept = self.bars.partition_point(|bar| bar.time_ms < from_ms);
        let before = self.bars.split_off(kept);
        // What was not held before has not changed: only bars from `known` on are compared.
        let known = self.from_ms.max(from_ms);
        let changed = {
            let mut old = before.iter().copied();
            let mut new = now.clone().filter(|bar| bar.time_ms >= known);
            loop {
                match (old.next(), new.next()) {
                    (None, None) => break None,
                    (a, b) if a == b => {}
                    (a, b) => break a.into_iter().chain(b).map(|bar| bar.time_ms).min(),
                }
            }
        };
        self.bars.extend(now);
        self.from_ms = self.from_ms.min(from_ms);
        if let Some(time_ms) = changed {
            self.record(time_ms);
        }
    }

    /// Records that bars older than those held changed, from this time on.
    pub(crate) fn changed_before(&mut self, time_ms: i64) {
        self.record(time_ms);
    }

    /// Forgets bars before the last `count` that start before `from_ms`.
    pub(crate) fn trim(&mut self, count: usize, from_ms: i64) {
        let wanted = self.bars.partition_point(|bar| bar.time_ms < from_ms);
        let surplus = wanted.min(self.bars.len().saturating_sub(count));
        // A few too many are no reason to move memory about.
        if surplus > self.bars.len() / 8 {
            self.bars.drain(..surplus);
            self.bars.shrink_to_fit();
            if let Some(first) = self.bars.front() {
                self.from_ms = first.time_ms;
            }
        }
    }

    fn record(&mut self, from_ms: i64) {
        self.revision += 1;
        if self.changes.len() == CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back((self.revision, from_ms));
    }
}
