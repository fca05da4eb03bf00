//! The sweep on screen: asked for, watched, shown.

use std::time::Duration;

use api_types::{ParamValue, ScanState, Sweep, SweepRequest};
use leptos::{prelude::*, task::spawn_local};

use super::{Stores, backtest};
use crate::{
    edge::api::{self, ApiError},
    model::Tab,
};

/// How often a sweep that is not done is looked at.
const LOOK_PAUSE: Duration = Duration::from_millis(400);
/// The same while the server is away.
const RETRY_PAUSE: Duration = Duration::from_secs(2);
/// What the grid has.
const OF_GRID: [&str; 3] = ["window", "entry", "exit"];

/// One sweep of the server's.
#[derive(Clone, Copy)]
pub(crate) struct Sweeps {
    pub(crate) shown: RwSignal<Option<Sweep>>,
    /// Why there is none.
    pub(crate) refusal: RwSignal<Option<ApiError>>,
    /// Whether a request is on its way that a person waits for.
    is_asking: RwSignal<bool>,
}

impl Default for Sweeps {
    fn default() -> Self {
        Self {
            shown: RwSignal::new(None),
            refusal: RwSignal::new(None),
            is_asking: RwSignal::new(false),
        }
    }
}

/// A link to a sweep shows it, and Back shows the one before.
pub(super) fn start(stores: Stores) {
    let sweeps = stores.sweeps;
    let wanted = Memo::new(move |_| {
        stores
            .view
            .with(|view| view.sweep.filter(|_| view.tab == Tab::Backtest))
    });
    Effect::new(move |_| {
        let is_settled = |id| {
            sweeps.shown.with_untracked(|sweep| {
                sweep
                    .as_ref()
                    .is_some_and(|sweep| sweep.id == id && !is_open(sweep))
            })
        };
        match wanted.get() {
            Some(id) if !is_settled(id) => sweeps.look(stores, id),
            None if stores.view.with_untracked(|view| view.sweep.is_none()) => {
                sweeps.shown.set(None);
            }
            _ => {}
        }
    });
}

impl Sweeps {
    /// Whether one is asked for, waits or is under way. Tracked.
    pub(crate) fn is_busy(self) -> bool {
        let is_open = self.shown.with(|sweep| sweep.as_ref().is_some_and(is_open));
        self.is_asking.get() || is_open
    }

    /// Asks for the grid about the pair on screen, traded as it is.
    pub(crate) fn ask(self, stores: Stores, windows: Vec<u32>, entries: Vec<f64>, exits: Vec<f64>) {
        let Some(query) = untrack(|| backtest::parameters(stores)) else {
            return;
        };
        let others = query
            .into_iter()
            .filter(|(name, _)| !OF_GRID.contains(name));
        let request = SweepRequest {
            backtest: others
                .map(|(name, value)| (name.to_owned(), ParamValue::Text(value)))
                .collect(),
            windows,
            entries,
            exits,
        };
        self.is_asking.set(true);
        spawn_local(async move {
            match api::sweeps::create(&request).await {
                Ok(answer) => {
                    self.refusal.set(None);
                    let id = answer.sweep.id;
                    self.shown.set(Some(answer.sweep));
                    stores.view.update(|view| view.sweep = Some(id));
                }
                Err(error) => self.refusal.set(Some(error)),
            }
            self.is_asking.set(false);
        });
    }

    /// Ends the one on screen.
    pub(crate) fn cancel(self, stores: Stores) {
        let Some(id) = self
            .shown
            .with_untracked(|sweep| sweep.as_ref().map(|sweep| sweep.id))
        else {
            return;
        };
        spawn_local(async move {
            match api::sweeps::delete(id).await {
                Ok(_) => stores.view.update(|view| view.sweep = None),
                Err(error) => self.refusal.set(Some(error)),
            }
        });
    }

    fn look(self, stores: Stores, id: i64) {
        spawn_local(async move {
            let answer = api::sweeps::one(id).await;
            let is_wanted = stores
                .view
                .with_untracked(|view| view.sweep == Some(id) && view.tab == Tab::Backtest);
            if !is_wanted {
                return;
            }
            let pause = match answer {
                Ok(answer) => {
                    let pause = is_open(&answer.sweep).then_some(LOOK_PAUSE);
                    self.refusal.set(None);
                    self.shown.set(Some(answer.sweep));
                    pause
                }
                Err(error) => {
                    let may_pass = error.may_pass();
                    self.refusal.set(Some(error));
                    may_pass.then_some(RETRY_PAUSE)
                }
            };
            if let Some(pause) = pause {
                set_timeout(move || self.look(stores, id), pause);
            }
        });
    }
}

fn is_open(sweep: &Sweep) -> bool {
    matches!(sweep.state, ScanState::Queued | ScanState::Running)
}
