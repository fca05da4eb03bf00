//! The backtest on screen.

use std::{sync::Arc, time::Duration};

use api_types::{BacktestResponse, Fit, Problem};
use leptos::{prelude::*, task::spawn_local};

use super::{Catalogue, FeedStoreFields, Link, Screen, Stores};
use crate::{
    edge::{
        address,
        api::{self, ApiError},
    },
    model::{PairChoice, Tab, TimeRange, View, pair::query::Query},
};

/// Numbers are typed digit by digit.
const PATIENCE: Duration = Duration::from_millis(250);
/// Room at either end of the whole range, as a share of it.
const ROOM: f64 = 0.01;

/// Whether it is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum BacktestLoad {
    /// On its way; an older one may be on screen meanwhile.
    #[default]
    Loading,
    Ready,
    /// The server refuses the question, with its reasons.
    Refused(Problem),
    /// Not to be had now.
    Failed(String),
}

/// The question, and the last answer to it.
#[derive(Clone, Copy)]
pub(crate) struct Backtest {
    /// The parameters as a query string, escaped; `None` while the legs are not known.
    pub(crate) query: RwSignal<Option<String>>,
    pub(crate) load: RwSignal<BacktestLoad>,
    /// What is on screen, with the query that it answers.
    pub(crate) found: RwSignal<Option<Arc<Answered>>>,
    /// The moment under the pointer, ms since the epoch.
    pub(crate) hovered: RwSignal<Option<i64>>,
    /// The times on screen.
    pub(crate) screen: Screen,
}

/// An answer with its question.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answered {
    pub(crate) query: String,
    pub(crate) answer: BacktestResponse,
}

impl Backtest {
    pub(super) fn new(view: RwSignal<View>) -> Self {
        let found = RwSignal::new(None::<Arc<Answered>>);
        let extent = Memo::new(move |_| {
            found.with(|found| {
                let times = &found.as_ref()?.answer.backtest.series.time;
                Some((*times.first()?, *times.last()?))
            })
        });
        let whole = Memo::new(move |_| {
            let (first, last) = extent.get()?;
            let room = ((last - first) as f64 * ROOM) as i64 + 1;
            TimeRange::new(first - room, last + room)
        });
        let zoom = Memo::new(move |_| {
            let whole = whole.get()?;
            // A zoom of other times, of the pair view, shows nothing of this.
            let in_sight = |zoom: &TimeRange| zoom.from < whole.to && whole.from < zoom.to;
            view.with(|view| view.zoom).filter(in_sight)
        });
        Self {
            query: RwSignal::new(None),
            load: RwSignal::default(),
            found,
            hovered: RwSignal::new(None),
            screen: Screen::new(view, zoom, extent, whole),
        }
    }
}

pub(super) fn start(stores: Stores) {
    let backtest = stores.backtest;
    let query = Memo::new(move |_| {
        let is_shown = stores.view.with(|view| view.tab == Tab::Backtest);
        let parameters = is_shown.then(|| parameters(stores)).flatten()?;
        Some(address::escape(&parameters))
    });
    Effect::new(move |before: Option<Option<String>>| {
        let query = query.get();
        if query.is_some() && before.as_ref() != Some(&query) {
            let is_first = backtest.query.with_untracked(Option::is_none);
            backtest.query.set(query.clone());
            let wanted = query.clone();
            let ask = move || {
                if backtest.query.with_untracked(|now| *now == wanted) {
                    backtest.ask();
                }
            };
            if is_first {
                ask();
            } else {
                set_timeout(ask, PATIENCE);
            }
        }
        query
    });
    // A leg that there is not will not come.
    Effect::new(move |_| {
        let is_shown = stores.view.with(|view| view.tab == Tab::Backtest);
        let is_ready = stores
            .feed
            .catalogue()
            .with(|catalogue| *catalogue == Catalogue::Ready);
        if !is_shown || !is_ready {
            return;
        }
        let names = stores
            .view
            .with(|view| view.pair.legs().map(|leg| leg.name.clone()));
        let missing = names
            .into_iter()
            .zip(stores.legs.get())
            .find_map(|(name, leg)| leg.is_none().then_some(name));
        if let Some(name) = missing.filter(|name| !name.is_empty()) {
            backtest.query.set(None);
            backtest.found.set(None);
            let words = format!("There is no series {name}.");
            backtest.load.set(BacktestLoad::Failed(words));
        }
    });
    Effect::new(move |was_lost: Option<bool>| {
        let is_lost = matches!(stores.feed.link().get(), Link::Lost { .. });
        let has_failed = matches!(backtest.load.get_untracked(), BacktestLoad::Failed(_));
        if was_lost == Some(true) && !is_lost && has_failed {
            backtest.ask();
        }
        is_lost
    });
}

/// What the backtest on screen is asked by name; `None` while the legs are not known. Tracked.
pub(super) fn parameters(stores: Stores) -> Option<Query> {
    let view = stores.view.get();
    // What is traded must not know the future.
    let pair = PairChoice {
        fit: Some(Fit::WalkForward),
        fit_time: None,
        ..view.pair
    };
    let mut query = stores.parameters_of(&pair)?;
    query.extend(view.backtest.to_request());
    Some(query)
}

impl Backtest {
    /// The question that what is on screen answers. Tracked.
    pub(crate) fn answered(self) -> Option<String> {
        self.found
            .with(|found| found.as_ref().map(|found| found.query.clone()))
    }

    /// Whether what is on screen answers another question than the one that is asked. Tracked.
    pub(crate) fn is_stale(self) -> bool {
        let answered = self.answered();
        answered.is_some() && answered != self.query.get()
    }

    /// Asks, or asks again: the feed has gone on.
    pub(crate) fn ask(self) {
        let Some(query) = self.query.get_untracked() else {
            return;
        };
        self.load.set(BacktestLoad::Loading);
        spawn_local(async move {
            let answer = api::backtest(&query).await;
            if self
                .query
                .with_untracked(|now| now.as_ref() != Some(&query))
            {
                return;
            }
            match answer {
                Ok(answer) => {
                    self.found.set(Some(Arc::new(Answered { query, answer })));
                    self.load.set(BacktestLoad::Ready);
                }
                Err(error) => {
                    let is_of_the_question =
                        matches!(&error, ApiError::Refused(_)) && !error.may_pass();
                    self.load.set(match error {
                        ApiError::Refused(problem) if is_of_the_question => {
                            // An answer to another question would be taken for one to this.
                            self.found.set(None);
                            BacktestLoad::Refused(problem)
                        }
                        other => {
                            // What is on screen stays only if it answers this very question.
                            let is_of_another = |found: &Option<Arc<Answered>>| {
                                found.as_ref().is_some_and(|found| found.query != query)
                            };
                            if self.found.with_untracked(is_of_another) {
                                self.found.set(None);
                            }
                            BacktestLoad::Failed(other.to_string())
                        }
                    });
                }
            }
        });
    }
}
