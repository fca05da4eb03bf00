//! The task of a `bars:` topic: one read a change, whoever follows.

use std::{sync::Arc, time::Duration};

use api_types::{BarRow, BarsData, EventKind, StreamEvent};
use market::Interval;
use service::Backoff;
use store::{
    BarRange, Result, Store, StoredBar, SymbolId, bars, feed_status::CLOSING_DELAY_MS,
    symbols::SymbolInfo, trades,
};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use super::{
    Admission, forget_gone,
    outbox::{Audience, Message, Outbox, Reached},
    pump::Pulse,
    signal::{Pending, Signal},
    window::Window,
};
use crate::convert;

/// Bars of a snapshot.
pub(crate) const SNAPSHOT_BARS: u32 = 500;
/// A client that missed more bars than this is sent a snapshot.
const MOST_MISSED_BARS: u32 = 2_000;
/// After so long something may have changed further back than what a resumed client is sent.
const RESUME_WITHIN_MS: i64 = 5 * 60_000;
const CLOCK_SKEW_MS: i64 = 60_000;
/// Snapshots to everybody are sent at most so often: while history arrives, each batch calls for one.
const RESET_PAUSE: Duration = Duration::from_secs(1);
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(5);

/// Where a client was: the trade up to which it has the symbol's bars, and when it got it.
#[derive(Debug, Clone, Copy)]
struct Resume {
    agg_id: i64,
    at_ms: i64,
}

impl Resume {
    fn of(admission: &Admission, symbol_id: SymbolId) -> Option<Self> {
        let position = admission.position.as_ref()?;
        Some(Self {
            agg_id: *position.symbols.get(&symbol_id)?,
            at_ms: position.at_ms,
        })
    }
}

pub(crate) struct BarsTopic {
    store: Store,
    name: Arc<str>,
    symbol: SymbolInfo,
    interval: Interval,
    coalesce: Duration,
    signal: Arc<Signal>,
    watermark: watch::Receiver<i64>,
    audience: Audience,
    /// Clients that were admitted and have been sent nothing yet.
    waiting: Vec<Admission>,
    window: Window,
    /// Whether `window` is what the audience has; never true without an audience.
    loaded: bool,
    /// All trades up to this one are in `window`.
    agg_id: i64,
    next_send: Instant,
    next_reset: Instant,
}

impl BarsTopic {
    pub(crate) fn new(
        store: Store,
        pulse: &Pulse,
        name: Arc<str>,
        symbol: SymbolInfo,
        interval: Interval,
        coalesce: Duration,
    ) -> Self {
        Self {
            signal: pulse.signal_for(symbol.symbol_id),
            watermark: pulse.watermark(symbol.venue),
            store,
            name,
            symbol,
            interval,
            coalesce,
            audience: Audience::default(),
            waiting: Vec::new(),
            window: Window::new(SNAPSHOT_BARS as usize),
            loaded: false,
            agg_id: 0,
            next_send: Instant::now(),
            next_reset: Instant::now(),
        }
    }

    pub(crate) async fn run(mut self, mut admissions: mpsc::Receiver<Admission>) {
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MOST);
        let mut failing = false;
        loop {
            // While a read is to be repeated, that is all there is to do.
            if !failing {
                let closing_ms = self.next_closing_ms();
                tokio::select! {
                    admission = admissions.recv() => match admission {
                        Some(admission) => self.waiting.push(admission),
                        None => return,
                    },
                    () = self.signal.raised() => {}
                    () = reached(&mut self.watermark, closing_ms) => {
                        if let Some(time) = self.window.first_open() {
                            self.signal.raise(Pending::from_time(time));
                        }
                    }
                }
            }
            // Everybody who came meanwhile is served by the same read.
            while let Ok(admission) = admissions.try_recv() {
                self.waiting.push(admission);
            }
            failing = match self.catch_up().await {
                Ok(()) => {
                    backoff.reset();
                    false
                }
                Err(error) => {
                    if !failing {
                        tracing::warn!(topic = %self.name, %error, "bars could not be read");
                    }
                    tokio::time::sleep(backoff.next_delay()).await;
                    true
                }
            };
        }
    }

    async fn catch_up(&mut self) -> Result<()> {
        forget_gone(&mut self.waiting);
        if self.audience.is_empty() {
            self.loaded = false;
            self.window.clear();
        }
        if self.loaded {
            self.refresh().await?;
        }
        if self.waiting.is_empty() {
            return Ok(());
        }
        if !self.loaded {
            // What is pending now is in what is read after.
            self.signal.take();
            self.load().await?;
            self.loaded = true;
        }
        self.admit().await
    }

    /// Reads what changed and tells the audience.
    async fn refresh(&mut self) -> Result<()> {
        tokio::time::sleep_until(self.next_send).await;
        let pending = self.signal.take();
        if pending == Pending::default() {
            return Ok(());
        }
        self.next_send = Instant::now() + self.coalesce;
        let told = self.tell(pending).await;
        if told.is_err() {
            // Nothing of it has been sent; the next attempt must know.
            self.signal.raise(pending);
        }
        told
    }

    async fn tell(&mut self, pending: Pending) -> Result<()> {
        let from = pending
            .min_time_ms
            .map(|time| self.interval.bucket_of(time));
        let far_back = from.is_some_and(|from| self.window.is_behind(from));
        if pending.everything || far_back {
            return self.reset().await;
        }
        let Some(from) = from else { return Ok(()) };
        let range = BarRange {
            from_ms: from,
            to_ms: None,
            limit: SNAPSHOT_BARS + 1,
        };
        let stored = bars::read(&self.store, self.symbol.symbol_id, self.interval, range).await?;
        if stored.len() > SNAPSHOT_BARS as usize {
            return self.reset().await;
        }
        let rows = self.take_in(&stored);
        match self.window.update(from, rows) {
            None => return self.reset().await,
            Some(changed) if changed.is_empty() => {}
            Some(changed) => {
                let message = self.message(EventKind::Update, changed);
                self.audience.send(&message);
            }
        }
        Ok(())
    }

    async fn reset(&mut self) -> Result<()> {
        tokio::time::sleep_until(self.next_reset).await;
        self.next_reset = Instant::now() + RESET_PAUSE;
        // Waiting, more may have come up; it is in what is read now.
        self.signal.take();
        let loaded = self.load().await;
        if loaded.is_err() {
            self.signal.raise(Pending::EVERYTHING);
        }
        loaded?;
        let message = self.message(EventKind::Reset, self.window.bars());
        self.audience.send(&message);
        metrics::counter!("api_stream_resets_total").increment(1);
        Ok(())
    }

    async fn load(&mut self) -> Result<()> {
        let id = self.symbol.symbol_id;
        let stored = bars::read_newest(&self.store, id, self.interval, None, SNAPSHOT_BARS).await?;
        let rows = self.take_in(&stored);
        self.window.replace(rows);
        Ok(())
    }

    fn take_in(&mut self, stored: &[StoredBar]) -> Vec<BarRow> {
        let newest = stored.iter().filter_map(|bar| bar.last_agg_id).max();
        self.agg_id = newest.unwrap_or(0).max(self.agg_id);
        let watermark_ms = *self.watermark.borrow();
        stored
            .iter()
            .map(|bar| convert::bar(bar, self.interval, watermark_ms))
            .collect()
    }

    /// Sends everybody who waits what they need first.
    async fn admit(&mut self) -> Result<()> {
        // The one that missed most is served first: where the window is enough for it, it is for all.
        let id = self.symbol.symbol_id;
        self.waiting.sort_by_key(|one| {
            let resume = Resume::of(one, id);
            std::cmp::Reverse(resume.map(|resume| resume.agg_id))
        });
        let (mut snapshot, mut window) = (None, None);
        while let Some(admission) = self.waiting.last() {
            let message = match Resume::of(admission, id) {
                Some(resume) if is_long_ago(resume) => {
                    self.message(EventKind::Reset, self.window.bars())
                }
                Some(resume) => {
                    if window.is_none() && self.window_is_enough_from(resume.agg_id).await? {
                        window = Some(self.message(EventKind::Update, self.window.bars()));
                    }
                    match &window {
                        Some(window) => window.clone(),
                        None => self.missed(resume).await?,
                    }
                }
                None => snapshot
                    .get_or_insert_with(|| self.message(EventKind::Snapshot, self.window.bars()))
                    .clone(),
            };
            let Some(Admission { outbox, .. }) = self.waiting.pop() else {
                break;
            };
            self.send_first(outbox, message);
        }
        Ok(())
    }

    fn send_first(&mut self, outbox: Outbox, message: Message) {
        if outbox.send(message) {
            self.audience.admit(outbox);
        }
    }

    /// Whether all bars with trades after this one are in the window. Late trades may have changed others,
    /// so a client that comes back is sent the whole window anyway.
    async fn window_is_enough_from(&self, agg_id: i64) -> Result<bool> {
        let from = self.first_missed(agg_id).await?;
        Ok(from.is_none_or(|from| !self.window.is_behind(from)))
    }

    /// Start of the bar of the first trade after this one.
    async fn first_missed(&self, agg_id: i64) -> Result<Option<i64>> {
        let id = self.symbol.symbol_id;
        let first = trades::read(&self.store, id, agg_id.saturating_add(1), 1).await?;
        Ok(first
            .first()
            .map(|trade| self.interval.bucket_of(trade.time_ms)))
    }

    /// What a client has to hear that missed more than the window.
    async fn missed(&self, resume: Resume) -> Result<Message> {
        let Some(from_ms) = self.first_missed(resume.agg_id).await? else {
            return Ok(self.message(EventKind::Update, self.window.bars()));
        };
        let range = BarRange {
            from_ms,
            to_ms: None,
            limit: MOST_MISSED_BARS + 1,
        };
        let id = self.symbol.symbol_id;
        let stored = bars::read(&self.store, id, self.interval, range).await?;
        if stored.len() > MOST_MISSED_BARS as usize {
            return Ok(self.message(EventKind::Reset, self.window.bars()));
        }
        let watermark_ms = *self.watermark.borrow();
        let rows = stored
            .iter()
            .map(|bar| convert::bar(bar, self.interval, watermark_ms));
        Ok(self.message(EventKind::Update, rows))
    }

    fn message(&self, kind: EventKind, rows: impl IntoIterator<Item = BarRow>) -> Message {
        let event = StreamEvent::Bars {
            topic: self.name.to_string(),
            kind,
            as_of: convert::now_ms(),
            data: Box::new(BarsData {
                venue: convert::venue(self.symbol.venue),
                symbol: self.symbol.spec.symbol.to_string(),
                interval: convert::interval(self.interval),
                bars: rows.into_iter().collect(),
            }),
        };
        Message::new(&event).reaching(Reached::Trade {
            topic: self.name.clone(),
            symbol_id: self.symbol.symbol_id,
            agg_id: self.agg_id,
        })
    }

    /// The watermark at which the earliest open bar closes.
    fn next_closing_ms(&self) -> Option<i64> {
        let open = self.window.first_open()?;
        Some(open + self.interval.ms() + CLOSING_DELAY_MS)
    }
}

/// Whether late trades may have changed bars since then that a resumed client is not sent. Clocks of two
/// servers may differ a little.
fn is_long_ago(resume: Resume) -> bool {
    let away_ms = convert::now_ms().saturating_sub(resume.at_ms);
    !(-CLOCK_SKEW_MS..=RESUME_WITHIN_MS).contains(&away_ms)
}

/// Waits until the watermark is there; for ever if there is nothing to wait for.
async fn reached(watermark: &mut watch::Receiver<i64>, at_ms: Option<i64>) {
    if let Some(at_ms) = at_ms
        && watermark.wait_for(|&now| now >= at_ms).await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}
