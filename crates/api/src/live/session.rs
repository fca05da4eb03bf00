//! One analysis that follows the market, for everybody who asks for the same.

use std::{sync::Arc, time::Duration};

use api_types::TooFewBars;
use market::Interval;
use service::Backoff;
use store::Result;
use tokio::{
    sync::{Notify, watch},
    task::spawn_blocking,
    time::Instant,
};

use super::{
    anchor,
    held::Close,
    run::{self, Bucket, Run, buckets},
    series::{MOST_BARS, Range, Series},
    state::{Condition, SessionState},
};
use crate::pairs::PairSpec;

/// A session goes on for so long without anybody who follows it.
const GRACE: Duration = Duration::from_secs(30);
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(5);

/// What followers share with the task.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) states: watch::Sender<Arc<SessionState>>,
    /// Told when somebody begins to follow.
    pub(super) joined: Notify,
}

impl Shared {
    pub(super) fn new(y: &Series, x: &Series) -> Self {
        let state = SessionState::new([(y.symbol().symbol_id, 0), (x.symbol().symbol_id, 0)]);
        Self {
            states: watch::Sender::new(Arc::new(state)),
            joined: Notify::new(),
        }
    }
}

/// Follows a session; it goes on as long as anybody does.
#[derive(Debug, Clone)]
pub(crate) struct Follower {
    pub(super) states: watch::Receiver<Arc<SessionState>>,
}

impl Follower {
    /// Waits for a state that [`state`](Self::state) has not returned yet; for ever when the server stops.
    /// Cancel-safe.
    pub(crate) async fn changed(&mut self) {
        if self.states.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// The state now. O(1).
    pub(crate) fn state(&mut self) -> Arc<SessionState> {
        self.states.borrow_and_update().clone()
    }

    /// The same, without having returned it.
    pub(crate) fn peek(&self) -> Arc<SessionState> {
        self.states.borrow().clone()
    }
}

/// The task of a session.
pub(super) struct Worker {
    spec: PairSpec,
    interval: Interval,
    legs: [Arc<Series>; 2],
    shared: Arc<Shared>,
    coalesce: Duration,
    current: Option<Current>,
    generation: u64,
}

/// A run with what it was made of.
struct Current {
    run: Run,
    anchor_ms: i64,
    /// Of both legs, as far as they are in `run`.
    revisions: [u64; 2],
    _ranges: [Range; 2],
}

/// Both legs at one moment.
struct Legs {
    bars: [Vec<Close>; 2],
    revisions: [u64; 2],
    closed_until_ms: i64,
    reached: [i64; 2],
    as_of_ms: i64,
}

impl Legs {
    /// What both legs have closed.
    fn closed(&self, interval: Interval) -> impl Iterator<Item = Bucket> {
        let last_ms = self.closed_until_ms.saturating_sub(interval.ms());
        buckets(&self.bars[0], &self.bars[1]).take_while(move |bucket| bucket.time_ms <= last_ms)
    }
}

impl Worker {
    pub(super) fn new(
        spec: PairSpec,
        interval: Interval,
        legs: [Arc<Series>; 2],
        shared: Arc<Shared>,
        coalesce: Duration,
    ) -> Self {
        Self {
            spec,
            interval,
            legs,
            shared,
            coalesce,
            current: None,
            generation: 0,
        }
    }

    /// Goes on until nobody follows and `unused` agrees.
    pub(super) async fn run(mut self, unused: impl Fn() -> bool) {
        let [mut y, mut x] = self.legs.each_ref().map(|leg| leg.versions());
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MOST);
        let mut failing = false;
        loop {
            let started = Instant::now();
            match self.advance().await {
                Ok(()) => {
                    backoff.reset();
                    failing = false;
                }
                Err(error) => {
                    if !failing {
                        tracing::warn!(pair = %self.spec, %error, "a pair's bars could not be read");
                    }
                    failing = true;
                    tokio::time::sleep(backoff.next_delay()).await;
                    continue;
                }
            }
            tokio::time::sleep_until(started + self.coalesce).await;
            let shared = self.shared.clone();
            tokio::select! {
                _ = y.changed() => {}
                _ = x.changed() => {}
                () = shared.states.closed() => {
                    let joined = tokio::time::timeout(GRACE, shared.joined.notified()).await;
                    if joined.is_err() && unused() {
                        return;
                    }
                }
            }
        }
    }

    /// Brings the analysis up to what the series hold, and tells followers.
    async fn advance(&mut self) -> Result<()> {
        let after_ms = self
            .current
            .as_ref()
            .map_or(i64::MAX, |current| current.run.last_ms());
        let legs = self.legs_after(after_ms);
        let anchor_ms = anchor::anchor_ms(&self.spec, self.interval, legs.closed_until_ms);
        let goes_on = self.current.as_ref().is_some_and(|current| {
            current.anchor_ms == anchor_ms
                && !self.changed_up_to(current.run.last_ms(), current.revisions)
        });
        if !goes_on {
            return self.begin(anchor_ms).await;
        }
        if let Some(current) = &mut self.current {
            take_in(&mut current.run, self.interval, &legs);
            current.revisions = legs.revisions;
        }
        self.publish(&legs);
        Ok(())
    }

    /// Whether bars that are in the run are others now.
    fn changed_up_to(&self, last_ms: i64, revisions: [u64; 2]) -> bool {
        let mut legs = self.legs.iter().zip(revisions);
        legs.any(|(leg, revision)| {
            let changed = leg.held().changed_since(revision);
            changed.is_some_and(|from_ms| from_ms <= last_ms)
        })
    }

    fn legs_after(&self, time_ms: i64) -> Legs {
        let mut legs = Legs {
            bars: [Vec::new(), Vec::new()],
            revisions: [0; 2],
            closed_until_ms: i64::MAX,
            reached: [0; 2],
            as_of_ms: i64::MAX,
        };
        for (index, leg) in self.legs.iter().enumerate() {
            let held = leg.held();
            legs.bars[index] = held.after(time_ms).collect();
            legs.revisions[index] = held.revision();
            legs.closed_until_ms = legs.closed_until_ms.min(held.closed_until_ms());
            legs.reached[index] = held.agg_id();
            legs.as_of_ms = legs.as_of_ms.min(held.as_of_ms());
        }
        legs
    }

    /// Computes everything from the start of the range.
    async fn begin(&mut self, anchor_ms: i64) -> Result<()> {
        let in_sample = run::in_sample(&self.spec);
        let mut widening = 0;
        let (ranges, legs) = loop {
            let mut start_ms = anchor::start_ms(&self.spec, self.interval, anchor_ms, widening);
            if let Some((_, Some(fit_ms))) = in_sample {
                let fit_start = anchor::start_ms(&self.spec, self.interval, fit_ms, widening);
                start_ms = start_ms.min(fit_start);
            }
            let [y, x] = &self.legs;
            let ranges = [y.keep(start_ms).await?, x.keep(start_ms).await?];
            let legs = self.legs_after(start_ms - 1);
            let most = legs.bars.iter().map(Vec::len).max().unwrap_or(0);
            if widening == anchor::WIDEST
                || most > MOST_BARS / 2
                || self.rows_before(anchor_ms, &legs) >= anchor::rows(&self.spec)
            {
                break (ranges, legs);
            }
            widening += 1;
        };
        let (spec, interval) = (self.spec.clone(), self.interval);
        // Most take no time at all, a fit of ranks over many bars takes seconds.
        let computed = spawn_blocking(move || {
            let line = in_sample.map(|(estimator, fit_ms)| {
                let all = legs.closed(interval);
                let fit_ms = fit_ms.unwrap_or(anchor_ms - 1);
                run::snapshot_line(&spec, estimator, fit_ms, all)
            });
            let mut run = Run::new(&spec, line).expect("a spec holds only what was checked");
            take_in(&mut run, interval, &legs);
            (run, legs)
        });
        let (run, legs) = computed.await.expect("an analysis does not panic");
        let goes_on = self.current.as_ref().is_some_and(|before| {
            // What was told stays true if only what came after it is new.
            before.anchor_ms == anchor_ms && run.points().begins_with(before.run.points())
        });
        if !goes_on {
            self.generation += 1;
        }
        self.current = Some(Current {
            run,
            anchor_ms,
            revisions: legs.revisions,
            _ranges: ranges,
        });
        self.publish(&legs);
        Ok(())
    }

    fn rows_before(&self, anchor_ms: i64, legs: &Legs) -> usize {
        let mut joiner = analytics::align::Joiner::new(run::join(&self.spec));
        buckets(&legs.bars[0], &legs.bars[1])
            .take_while(|bucket| bucket.time_ms < anchor_ms)
            .filter_map(|bucket| joiner.push(bucket.time_ms, bucket.y, bucket.x))
            .count()
    }

    fn publish(&self, legs: &Legs) {
        let Some(current) = &self.current else { return };
        let run = &current.run;
        let open =
            buckets(&legs.bars[0], &legs.bars[1]).filter(|bucket| bucket.time_ms > run.last_ms());
        let open = run.open(open);
        let (got, needed) = (run.points().len(), self.spec.needed());
        let count = |rows: usize| u32::try_from(rows).unwrap_or(u32::MAX);
        let condition = match run.failed() {
            Some(error) => Condition::Failed(error.to_string()),
            None if got < needed => Condition::TooFew(TooFewBars {
                got: count(got),
                needed: count(needed),
            }),
            None => Condition::Ready,
        };
        self.shared.states.send_if_modified(|state| {
            let same = state.generation == self.generation
                && state.points.len() == got
                && state.open == open
                && state.condition == condition;
            if same {
                return false;
            }
            let [y, x] = self.legs.each_ref().map(|leg| leg.symbol().symbol_id);
            *state = Arc::new(SessionState {
                generation: self.generation,
                condition,
                points: run.points().clone(),
                open,
                closed_until_ms: legs.closed_until_ms,
                reached: [(y, legs.reached[0]), (x, legs.reached[1])],
                as_of_ms: legs.as_of_ms,
                standardized_sd: run.standardized_sd(),
            });
            true
        });
    }
}

/// Takes in what is closed of the bars after those that are in the run.
fn take_in(run: &mut Run, interval: Interval, legs: &Legs) {
    for bucket in legs.closed(interval) {
        run.close(bucket);
    }
}
