//! The evaluation of one rule, for as long as it stays what it is.

use std::{sync::Arc, time::Duration};

use api_types::{AlertEventKind, AlertKind, AlertReason, EvaluateOn};
use market::Venue;
use service::Backoff;
use store::{
    Result, SymbolId,
    alerts::{AlertRule, NewEvent, RuleState},
    feed_status::CLOSING_DELAY_MS,
};
use tokio::{sync::watch, task::spawn_blocking, time::sleep};

use super::{
    board::Board,
    feeds::{self, Feeds},
    figure::{self, Bar},
    machine::{Reading, Standing, Told},
    rule::Rule,
    tell,
};
use crate::{
    live::{Condition, Follower, PairPoint, SessionState, Sessions},
    problem::ApiError,
    resolve::Directory,
};

const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_MOST: Duration = Duration::from_secs(30);
/// Bars that a session shows when nothing needs more.
const USUAL_BARS: u32 = 1_000;
/// Most bars that a session can show.
const MOST_BARS: u32 = 10_000;

/// What all rules are evaluated with.
#[derive(Debug, Clone)]
pub(super) struct Tools {
    pub(super) board: Arc<Board>,
    pub(super) sessions: Sessions,
    pub(super) directory: Directory,
    pub(super) feeds: watch::Receiver<Feeds>,
}

pub(super) struct Worker {
    tools: Tools,
    stored: AlertRule,
    rule: Arc<Rule>,
    state: RuleState,
    standing: Standing,
}

/// What a reading was taken from.
#[derive(Debug, Clone, Copy)]
struct Moment {
    time_ms: i64,
    bar_ms: Option<i64>,
    provisional: bool,
}

/// The rule is no more what it was.
struct Changed;

impl Worker {
    /// # Errors
    /// When what is stored of the rule cannot be read.
    pub(super) fn new(
        tools: Tools,
        stored: AlertRule,
        rule: Rule,
        state: RuleState,
    ) -> Result<Self> {
        Ok(Self {
            standing: tell::standing(&state)?,
            tools,
            stored,
            rule: Arc::new(rule),
            state,
        })
    }

    /// Evaluates until the rule is changed.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`](store::StoreError::LeaseLost), and what no other attempt would mend.
    pub(super) async fn run(mut self) -> Result<()> {
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MOST);
        let legs = loop {
            match self.legs().await {
                Ok(legs) => break legs,
                Err(error) => self.wait(&error, &mut backoff).await,
            }
        };
        if self.rule.kind == AlertKind::FeedStale {
            return self.watch_feed(&legs).await;
        }
        let mut limit = self.needed_bars();
        let mut follower = loop {
            match self.follow(limit).await {
                Ok(follower) => break follower,
                Err(error) => self.wait(&error, &mut backoff).await,
            }
        };
        loop {
            let state = follower.state();
            let stale = feeds::is_stale(&self.tools.feeds.borrow_and_update(), &legs);
            if !stale && limit < MOST_BARS && self.reaches_further_back(&state) {
                // Bars closed while nobody evaluated, more than are shown: look at all that can be.
                limit = MOST_BARS;
                match self.follow(limit).await {
                    Ok(longer) => follower = longer,
                    Err(error) => self.wait(&error, &mut backoff).await,
                }
            } else if matches!(self.evaluate(&state, stale).await?, Err(Changed)) {
                return Ok(());
            }
            self.until_something_happens(&mut follower, &legs, stale)
                .await;
        }
    }

    async fn legs(&self) -> Result<Vec<(Venue, SymbolId)>, ApiError> {
        let mut legs = Vec::new();
        for instrument in self.rule.instruments() {
            let info = self.tools.directory.resolve(instrument).await?;
            legs.push((info.venue, info.symbol_id));
        }
        Ok(legs)
    }

    fn needed_bars(&self) -> u32 {
        let history = u32::try_from(self.rule.history()).unwrap_or(MOST_BARS);
        history.saturating_add(USUAL_BARS).min(MOST_BARS)
    }

    async fn follow(&self, limit: u32) -> Result<Follower, ApiError> {
        let mut spec = self.rule.spec.clone();
        (spec.limit, spec.open) = (limit, true);
        self.tools.sessions.follow(&spec).await
    }

    /// Says why the rule is not evaluated, and waits.
    async fn wait(&mut self, error: &ApiError, backoff: &mut Backoff) {
        // What is behind it is for the log.
        tracing::debug!(%error, rule = self.state.rule_id, "a rule cannot be evaluated");
        self.note_problem(Some(error.in_words())).await;
        sleep(backoff.next_delay()).await;
    }

    async fn note_problem(&mut self, problem: Option<String>) {
        if self.state.problem != problem {
            self.state.problem = problem;
            self.note().await;
        }
    }

    async fn note(&self) {
        self.tools.board.note(self.state.clone()).await;
    }

    /// Whether closed bars that were not evaluated may lie before the session's first. Where it has none that old, there
    /// are none.
    fn reaches_further_back(&self, state: &SessionState) -> bool {
        let first = state.points.from(self.rule.history()).next();
        let (Some(evaluated_ms), Some(first)) = (self.state.evaluated_ms, first) else {
            return false;
        };
        evaluated_ms + self.rule.interval_ms < first.time_ms
    }

    async fn until_something_happens(
        &mut self,
        follower: &mut Follower,
        legs: &[(Venue, SymbolId)],
        stale: bool,
    ) {
        loop {
            tokio::select! {
                () = follower.changed() => return,
                changed = self.tools.feeds.changed() => {
                    if changed.is_err() {
                        // Whoever reads the feeds has ended, and so does everything else.
                        return std::future::pending().await;
                    }
                    if feeds::is_stale(&self.tools.feeds.borrow_and_update(), legs) != stale {
                        return;
                    }
                }
            }
        }
    }

    async fn evaluate(&mut self, state: &SessionState, stale: bool) -> Result<Result<(), Changed>> {
        let before = self.state.clone();
        self.state.silenced = stale;
        self.state.problem = match &state.condition {
            Condition::Loading => return Ok(Ok(())),
            Condition::Failed(why) => Some(why.clone()),
            Condition::TooFew(few) => Some(format!(
                "there are {} bars and it takes {}",
                few.got, few.needed
            )),
            Condition::Ready => None,
        };
        if stale {
            let time_ms = self.state.value_time_ms.unwrap_or(state.closed_until_ms);
            let _ = self
                .standing
                .step(&self.rule.levels, time_ms, Reading::Silenced);
            tell::put_standing(&mut self.state, &self.standing);
        } else {
            if let Err(changed) = self.closed_bars(state).await? {
                return Ok(Err(changed));
            }
            if self.rule.evaluate_on == EvaluateOn::Provisional
                && let Some(open) = &state.open
                && let Err(changed) = self.open_bar(state, open).await?
            {
                return Ok(Err(changed));
            }
        }
        if self.state != before {
            self.note().await;
        }
        Ok(Ok(()))
    }

    /// Evaluates the closed bars after the last one that was; of a rule that is new, the last one alone.
    async fn closed_bars(&mut self, state: &SessionState) -> Result<Result<(), Changed>> {
        let history = self.rule.history();
        let new = match self.state.evaluated_ms {
            Some(evaluated_ms) => state.points_after(evaluated_ms).count(),
            None => usize::from(state.points.len() > 0),
        };
        let first = state.points.len() - new;
        let bars: Vec<Bar> = state
            .points
            .from(first.saturating_sub(history))
            .map(bar)
            .collect();
        for index in bars.len() - new..bars.len() {
            let value = self.figure(&bars, index, history).await;
            let bar_ms = bars[index].time_ms;
            let moment = Moment {
                time_ms: bar_ms + self.rule.interval_ms,
                bar_ms: Some(bar_ms),
                provisional: false,
            };
            self.state.evaluated_ms = Some(bar_ms);
            if let Err(changed) = self.take_in(moment, value).await? {
                return Ok(Err(changed));
            }
        }
        Ok(Ok(()))
    }

    async fn figure(&self, bars: &[Bar], index: usize, history: usize) -> Option<f64> {
        let window = &bars[index.saturating_sub(history)..=index];
        if self.rule.kind != AlertKind::CointegrationLost {
            return figure::at_last(&self.rule, window);
        }
        // Milliseconds of arithmetic each, and after a restart there may be many.
        let (rule, window) = (self.rule.clone(), window.to_vec());
        spawn_blocking(move || figure::at_last(&rule, &window))
            .await
            .expect("a test of cointegration does not panic")
    }

    async fn open_bar(
        &mut self,
        state: &SessionState,
        open: &PairPoint,
    ) -> Result<Result<(), Changed>> {
        let end_ms = open.time_ms + self.rule.interval_ms;
        let clock_ms = state.closed_until_ms.saturating_add(CLOSING_DELAY_MS);
        let moment = Moment {
            // On the exchange's clock, within the bar, and not before what was read last.
            time_ms: clock_ms
                .clamp(open.time_ms, end_ms)
                .max(self.state.value_time_ms.unwrap_or(i64::MIN)),
            bar_ms: Some(open.time_ms),
            provisional: true,
        };
        self.take_in(moment, open.z()).await
    }

    /// Takes in a figure; if there is something to tell, it is stored with where the rule stands now.
    async fn take_in(&mut self, moment: Moment, value: Option<f64>) -> Result<Result<(), Changed>> {
        let reading = value.map_or(Reading::Missing, Reading::Value);
        let told = self
            .standing
            .step(&self.rule.levels, moment.time_ms, reading);
        tell::put_standing(&mut self.state, &self.standing);
        (self.state.value, self.state.value_time_ms) = (value, Some(moment.time_ms));
        if told.is_empty() {
            return Ok(Ok(()));
        }
        let events: Vec<NewEvent> = told
            .iter()
            .map(|told| self.event(told, moment, value))
            .collect();
        let stored = self
            .tools
            .board
            .tell(&self.stored.definition, &self.state, &events)
            .await?;
        for event in &events {
            metrics::counter!("api_alert_events_total", "kind" => event.kind.clone()).increment(1);
        }
        Ok(if stored { Ok(()) } else { Err(Changed) })
    }

    fn event(&self, told: &Told, moment: Moment, value: Option<f64>) -> NewEvent {
        let hysteresis = &self.rule.levels.hysteresis;
        NewEvent {
            episode: told.episode,
            kind: told.kind.to_string(),
            reason: AlertReason::Crossed.to_string(),
            time_ms: moment.time_ms,
            bar_ms: moment.bar_ms,
            provisional: moment.provisional,
            value,
            level: match told.kind {
                AlertEventKind::Fired => hysteresis.threshold,
                AlertEventKind::Resolved => hysteresis.exit,
            },
        }
    }

    /// Evaluates how long the feed has been silent.
    async fn watch_feed(&mut self, legs: &[(Venue, SymbolId)]) -> Result<()> {
        loop {
            let before = self.state.clone();
            let known = self.tools.feeds.borrow_and_update().clone();
            let silence = feeds::silence_s(&known, legs);
            self.state.problem = match silence {
                Some(_) => None,
                None => Some("the feed has not told of both symbols yet".to_owned()),
            };
            if let Some((seconds, time_ms)) = silence {
                // Clocks of databases may be set back.
                let time_ms = time_ms.max(self.state.value_time_ms.unwrap_or(i64::MIN));
                let moment = Moment {
                    time_ms,
                    bar_ms: None,
                    provisional: false,
                };
                if matches!(self.take_in(moment, Some(seconds)).await?, Err(Changed)) {
                    return Ok(());
                }
            }
            // That nothing has happened is not worth a write every second.
            if self.state.state != before.state
                || self.state.problem != before.problem
                || self.standing.side.is_some()
                || before.value_time_ms.is_none()
            {
                self.note().await;
            }
            if self.tools.feeds.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }
}

fn bar(point: &PairPoint) -> Bar {
    Bar {
        time_ms: point.time_ms,
        y: point.y,
        x: point.x,
        beta: point.beta(),
        z: point.z(),
    }
}
