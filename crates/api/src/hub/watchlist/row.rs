//! One row of the watchlist: a pair that is followed, and its figures as they were told last.

use std::{sync::Arc, time::Duration};

use analytics::cointegration::{EngleGrangerOptions, Leg as TestedLeg, residual_tests_of_legs};
use api_types::{SymbolFeedState, WatchlistFigures, WatchlistRow, WatchlistState};
use store::feed_status::StoredFeedStatus;
use tokio::time::Instant;

use crate::{
    live::{Condition, Follower, SessionState, Sessions},
    pairs::{Leg, PairSpec},
    status, watchlist,
};

/// Tests cost as much as a thousand new prices. They are repeated when a bar has closed, but no more often
/// than this.
const TEST_PAUSE: Duration = Duration::from_secs(10);
/// A pair that cannot be followed is tried again after so long.
const RETRY: Duration = Duration::from_secs(10);

/// What tests say of the last closed bars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tested {
    /// Of which state: the session's generation and how many points there were.
    of: (u64, usize),
    at: Instant,
    time_ms: i64,
    p_value: Option<f64>,
    cointegrated: Option<bool>,
    half_life_bars: Option<f64>,
    half_life_ms: Option<f64>,
}

/// Closes that are to be tested.
pub(super) struct Sample {
    of: (u64, usize),
    y: Vec<f64>,
    x: Vec<f64>,
    interval_ms: i64,
    time_ms: i64,
}

impl Sample {
    /// The tests of `/pairs/analytics`, those of them that a row shows.
    pub(super) fn test(self) -> Tested {
        let legs =
            TestedLeg::new("y", &self.y).and_then(|y| Ok((y, TestedLeg::new("x", &self.x)?)));
        let found =
            legs.and_then(|(y, x)| residual_tests_of_legs(&y, &x, EngleGrangerOptions::default()));
        let forth = found
            .as_ref()
            .ok()
            .and_then(|tests| tests.engle_granger.y_on_x.ok());
        let half_life = found.as_ref().ok().and_then(|tests| tests.half_life.ok());
        Tested {
            of: self.of,
            at: Instant::now(),
            time_ms: self.time_ms,
            p_value: forth.map(|test| test.p_value),
            cointegrated: forth.map(|test| test.rejects()),
            half_life_bars: half_life.and_then(|found| found.bars),
            half_life_ms: half_life.and_then(|found| found.time(self.interval_ms as f64)),
        }
    }
}

/// See the module.
pub(super) struct Row {
    /// As it is stored.
    text: String,
    /// `None` if this version cannot read it.
    spec: Option<PairSpec>,
    follower: Option<Follower>,
    /// Why it cannot be followed, and when that is to be tried again.
    refused: Option<(String, Instant)>,
    state: Option<Arc<SessionState>>,
    tested: Option<Tested>,
    figures: Option<WatchlistFigures>,
    /// As the audience has it.
    pub(super) sent: Option<WatchlistRow>,
}

impl Row {
    pub(super) fn new(text: String) -> Self {
        Self {
            spec: watchlist::stored(&text),
            text,
            follower: None,
            refused: None,
            state: None,
            tested: None,
            figures: None,
            sent: None,
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Begins to follow the pair, if that is yet to be done, and takes what is known of it now.
    pub(super) async fn look(&mut self, sessions: &Sessions) {
        let Some(spec) = &self.spec else { return };
        let again = self
            .refused
            .as_ref()
            .is_none_or(|(_, at)| *at <= Instant::now());
        if self.follower.is_none() && again {
            match sessions.follow(spec).await {
                Ok(follower) => (self.follower, self.refused) = (Some(follower), None),
                Err(error) => self.refused = Some((error.in_words(), Instant::now() + RETRY)),
            }
        }
        if let Some(follower) = &mut self.follower {
            self.state = Some(follower.state());
        }
    }

    /// What is to be tested now, if anything is.
    pub(super) fn sample(&self) -> Option<Sample> {
        let (spec, state) = (self.spec.as_ref()?, self.state.as_ref()?);
        let of = (state.generation, state.points.len());
        let due = match &self.tested {
            None => true,
            Some(tested) if tested.of == of => false,
            // What was tested is void.
            Some(tested) if tested.of.0 != of.0 => true,
            Some(tested) => tested.at.elapsed() >= TEST_PAUSE,
        };
        if state.condition != Condition::Ready || !due {
            return None;
        }
        let transform = spec.transform();
        let first = of.1.saturating_sub(spec.limit as usize);
        // Prices that have no logarithm are not stored, so that there is always one.
        let value = |close| transform.value(close).unwrap_or(f64::NAN);
        let shown = || state.points.from(first);
        Some(Sample {
            of,
            y: shown().map(|point| value(point.y)).collect(),
            x: shown().map(|point| value(point.x)).collect(),
            interval_ms: spec.interval.ms(),
            time_ms: state.points.last()?.time_ms,
        })
    }

    pub(super) fn take(&mut self, tested: Tested) {
        self.tested = Some(tested);
    }

    /// The row as it is told to those who know nothing of it yet.
    pub(super) fn told(&mut self, place: u32, feeds: &[StoredFeedStatus]) -> WatchlistRow {
        if let Some(new) = self.computed() {
            // Figures that are computed anew and come out the same are as old as they were.
            let same = |old: &WatchlistFigures| {
                WatchlistFigures {
                    updated_at: new.updated_at,
                    ..*old
                } == new
            };
            self.figures = self.figures.filter(same).or(Some(new));
        }
        let mut row = WatchlistRow {
            place,
            params: self.spec.as_ref().map(PairSpec::params),
            state: WatchlistState::Waiting,
            detail: None,
            too_few: None,
            figures: self.figures,
        };
        let (state, detail) = self.judged(&mut row, feeds);
        (row.state, row.detail) = (state, detail);
        row
    }

    fn judged(
        &self,
        row: &mut WatchlistRow,
        feeds: &[StoredFeedStatus],
    ) -> (WatchlistState, Option<String>) {
        let Some(spec) = &self.spec else {
            let detail = format!("another version of the server wrote it: {}", self.text);
            return (WatchlistState::Error, Some(detail));
        };
        if let Some((reason, _)) = &self.refused {
            return (WatchlistState::Error, Some(reason.clone()));
        }
        let condition = self.state.as_ref().map(|state| &state.condition);
        match condition {
            None | Some(Condition::Loading) => {
                let detail = "the figures are being computed for the first time".to_owned();
                (WatchlistState::Waiting, Some(detail))
            }
            Some(Condition::Failed(reason)) => (WatchlistState::Error, Some(reason.clone())),
            Some(Condition::TooFew(few)) => {
                row.too_few = Some(*few);
                row.figures = None;
                let detail = format!("{} bars are there and {} are needed", few.got, few.needed);
                (WatchlistState::TooFewBars, Some(detail))
            }
            Some(Condition::Ready) => match self.silent_leg(spec, feeds) {
                Some(symbol) => {
                    let detail = format!("trades of {symbol} do not arrive");
                    (WatchlistState::Stale, Some(detail))
                }
                None => (WatchlistState::Ok, None),
            },
        }
    }

    /// A leg whose trades do not arrive.
    fn silent_leg(&self, spec: &PairSpec, feeds: &[StoredFeedStatus]) -> Option<String> {
        let ids = self.state.as_ref()?.reached.map(|(id, _)| id);
        let mut legs = [&spec.y, &spec.x].into_iter().zip(ids);
        legs.find_map(|(leg, id)| {
            let Leg::Live(instrument) = leg else {
                return None;
            };
            let feed = feeds
                .iter()
                .find(|feed| Some(feed.status.venue) == instrument.venue);
            let arrives =
                feed.is_some_and(|feed| status::symbol_state(feed, id) == SymbolFeedState::Live);
            (!arrives).then(|| instrument.to_string())
        })
    }

    /// The figures, if the state has any.
    fn computed(&self) -> Option<WatchlistFigures> {
        let (spec, state) = (self.spec.as_ref()?, self.state.as_ref()?);
        if state.condition != Condition::Ready {
            return None;
        }
        let point = if spec.open {
            state.newest()?
        } else {
            state.points.last()?
        };
        let tested = self.tested.filter(|tested| tested.of.0 == state.generation);
        Some(WatchlistFigures {
            updated_at: state.as_of_ms,
            time: point.time_ms,
            closed: point.closed,
            y: point.y,
            x: point.x,
            z: point.z(),
            spread: point.spread(),
            beta: point.beta(),
            correlation: point.correlation(),
            tested_time: tested.map(|tested| tested.time_ms),
            p_value: tested.and_then(|tested| tested.p_value),
            cointegrated: tested.and_then(|tested| tested.cointegrated),
            half_life_bars: tested.and_then(|tested| tested.half_life_bars),
            half_life_ms: tested.and_then(|tested| tested.half_life_ms),
        })
    }
}
