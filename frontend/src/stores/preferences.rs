//! Settings that outlive the page.

use codee::string::{FromToStringCodec, JsonSerdeCodec};
use leptos::prelude::*;
use leptos_use::{storage::use_local_storage, use_preferred_dark};

use crate::{
    edge::{address, page},
    model::{PairChoice, Settings, Theme, Zone},
};

/// Also read by static/theme.js, before the first paint.
const KEY: &str = "spreadscope.settings";
/// What was last looked at, as a link says it.
const PAIR_KEY: &str = "spreadscope.pair";

/// The settings in force, the same in all tabs of the browser.
#[derive(Clone, Copy)]
pub(crate) struct Preferences {
    pub(crate) settings: Signal<Settings>,
    set: WriteSignal<Settings>,
    pub(crate) is_dark: Memo<bool>,
    pair: Signal<String>,
    set_pair: WriteSignal<String>,
}

impl Preferences {
    pub(super) fn load() -> Self {
        let (settings, set, _) = use_local_storage::<Settings, JsonSerdeCodec>(KEY);
        let system_is_dark = use_preferred_dark();
        let is_dark = Memo::new(move |_| settings.get().theme.is_dark(system_is_dark.get()));
        Effect::new(move |_| page::set_theme(is_dark.get()));
        let (pair, set_pair, _) = use_local_storage::<String, FromToStringCodec>(PAIR_KEY);
        Self {
            settings,
            set,
            is_dark,
            pair,
            set_pair,
        }
    }

    /// What was last looked at, in this tab of the browser or another.
    pub(super) fn last_pair(&self) -> Option<PairChoice> {
        let query = self.pair.get_untracked();
        address::parse(&query).filter(|_| !query.is_empty())
    }

    /// Keeps what is looked at for the next visit. The moment of a fit is of this visit.
    pub(super) fn remember(&self, pair: &PairChoice) {
        let pair = PairChoice {
            fit_time: None,
            ..pair.clone()
        };
        let query = address::escape(&pair.to_query());
        if self.pair.get_untracked() != query {
            self.set_pair.set(query);
        }
    }

    /// The clock by which times are shown.
    pub(crate) fn zone(&self) -> Zone {
        self.settings.get().zone
    }

    pub(crate) fn set_zone(&self, zone: Zone) {
        self.set.update(|settings| settings.zone = zone);
    }

    /// Whether alerts are told on the page.
    pub(crate) fn set_toasts(&self, on: bool) {
        self.set.update(|settings| settings.toasts = on);
    }

    /// Whether the browser tells them, too.
    pub(crate) fn set_notify(&self, on: bool) {
        self.set.update(|settings| settings.notify = on);
    }

    /// From dark to light and back.
    pub(crate) fn toggle_theme(&self) {
        let dark = !self.is_dark.get_untracked();
        self.set.update(|settings| {
            settings.theme = if dark { Theme::Dark } else { Theme::Light };
        });
    }
}
