//! The sweep on screen: asked for, watched, shown.

use api_types::{ParamValue, ScanState, Sweep, SweepRequest, SweepUpdate};
use leptos::{prelude::*, task::spawn_local};

use super::{Reader, Stores, backtest};
use crate::{
    edge::api::{self, ApiError},
    model::Tab,
};

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

/// A link to a sweep shows it, and Back shows the one before: it is followed until it has ended.
pub(super) fn start(stores: Stores) {
    let sweeps = stores.sweeps;
    let wanted = Memo::new(move |_| {
        stores
            .view
            .with(|view| view.sweep.filter(|_| view.tab == Tab::Backtest))
    });
    let followed = Memo::new(move |_| {
        let id = wanted.get()?;
        let has_ended = sweeps.shown.with(|sweep| {
            sweep
                .as_ref()
                .is_some_and(|sweep| sweep.id == id && !is_open(sweep))
        });
        (!has_ended).then(|| format!("sweep:{id}"))
    });
    Effect::new(move |_| {
        stores
            .topics
            .set(Reader::Sweep, followed.get().into_iter().collect());
    });
    Effect::new(move |_| {
        if stores.view.with(|view| view.sweep.is_none()) {
            sweeps.shown.set(None);
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
        // Whoever follows it is told that it is gone, but for the one who wants it so.
        stores.view.update(|view| view.sweep = None);
        spawn_local(async move {
            if let Err(error) = api::sweeps::delete(id).await {
                self.refusal.set(Some(error));
                stores.view.update(|view| view.sweep = Some(id));
            }
        });
    }

    /// Takes an event of the stream.
    pub(super) fn hear(self, stores: Stores, update: SweepUpdate) {
        let wanted = stores.view.with_untracked(|view| view.sweep);
        match update.sweep {
            Some(sweep) if wanted == Some(sweep.id) => {
                self.refusal.set(None);
                self.shown.set(Some(sweep));
            }
            // One that is not on screen any more.
            Some(_) => {}
            // Somebody has deleted it; the server says so in its words.
            None => spawn_local(async move {
                let Some(id) = wanted else { return };
                if let Err(error) = api::sweeps::one(id).await {
                    self.refusal.set(Some(error));
                    self.shown.set(None);
                }
            }),
        }
    }
}

fn is_open(sweep: &Sweep) -> bool {
    matches!(sweep.state, ScanState::Queued | ScanState::Running)
}
