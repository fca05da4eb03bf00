//! Notices on screen. Every alert is told by one page of the browser, once.

use std::time::Duration;

use leptos::prelude::*;

use crate::{
    edge::{clock, locks, memory, notification, page},
    model::View,
};

use super::Preferences;

/// More would cover what they are about.
const MOST: usize = 4;
/// How long a notice stays while it can be seen.
const STAYS_MS: i64 = 30_000;
/// Held by the page that looks whether something was told.
const LOCK: &str = "spreadscope.told";
/// A hidden page waits for so long, so that one that is seen goes first.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// A notice.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Toast {
    /// The same in every page and after every reconnect.
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) text: String,
    /// When it happened, ms since the epoch.
    pub(crate) time: i64,
    /// What it is about, to look at.
    pub(crate) view: Option<Box<View>>,
}

/// Those on screen, the oldest first.
#[derive(Clone, Copy)]
pub(crate) struct Toasts {
    shown: RwSignal<Vec<(Toast, i64)>>,
    preferences: Preferences,
}

impl Toasts {
    pub(super) fn new(preferences: Preferences) -> Self {
        Self {
            shown: RwSignal::default(),
            preferences,
        }
    }

    /// Those on screen. Tracked.
    pub(crate) fn shown(&self) -> Vec<Toast> {
        self.shown
            .with(|shown| shown.iter().map(|(toast, _)| toast.clone()).collect())
    }

    /// Tells something, unless some page has told it already. A page that nobody sees goes last.
    pub(super) fn tell(self, toast: Toast) {
        if page::is_hidden() {
            set_timeout(move || self.claim(toast), PATIENCE);
        } else {
            self.claim(toast);
        }
    }

    fn claim(self, toast: Toast) {
        let kept = toast.clone();
        let claim = move |toast: Toast| {
            if memory::is_first_to_tell(&toast.id) {
                self.show(toast);
            }
        };
        let is_locked = locks::are_there() && locks::hold_for(LOCK, move || claim(toast));
        if !is_locked {
            claim(kept);
        }
    }

    fn show(self, toast: Toast) {
        if self.preferences.settings.get_untracked().notify {
            notification::show(&toast.id, &toast.title, &toast.text);
        }
        self.shown.update(|shown| {
            shown.push((toast, clock::now_ms()));
            let surplus = shown.len().saturating_sub(MOST);
            shown.drain(..surplus);
        });
    }

    /// Takes one away.
    pub(crate) fn dismiss(&self, id: &str) {
        self.shown
            .update(|shown| shown.retain(|(toast, _)| toast.id != id));
    }

    /// Takes the newest away. Returns whether there was one.
    pub(crate) fn dismiss_newest(&self) -> bool {
        self.shown
            .try_update(|shown| shown.pop().is_some())
            .unwrap_or(false)
    }

    /// Takes away what has been there for long. What nobody could see has not been there.
    pub(super) fn age(self, step_ms: i64) {
        if page::is_hidden() {
            self.shown.update_untracked(|shown| {
                for (_, since) in shown {
                    *since += step_ms;
                }
            });
            return;
        }
        let oldest = clock::now_ms() - STAYS_MS;
        if self
            .shown
            .with_untracked(|shown| shown.iter().any(|(_, since)| *since < oldest))
        {
            self.shown
                .update(|shown| shown.retain(|(_, since)| *since >= oldest));
        }
    }
}
