//! The scans that there are, the one on screen, and a page of its pairs.

use api_types::{Scan, ScanRequest, ScanResponse, ScanState, ScanUpdate};
use leptos::{prelude::*, task::spawn_local};

use super::{FeedStoreFields, Link, Reader, Stores};
use crate::{
    edge::api::{self, ApiError},
    model::Tab,
};

/// Pairs of a page; each further one brings as many more.
pub(crate) const PAGE: usize = 100;
/// Pairs that the server sends at most.
pub(crate) const MOST_SHOWN: usize = 1_000;

/// The scanner.
#[derive(Clone, Copy)]
pub(crate) struct Scanner {
    /// Newest first; `None` before they are read.
    pub(crate) scans: RwSignal<Option<Vec<Scan>>>,
    /// The pairs on screen, as they came last.
    pub(crate) found: RwSignal<Option<ScanResponse>>,
    /// How many are to be on screen.
    pub(crate) shown: RwSignal<usize>,
    /// Whether a request is on its way that a person waits for.
    pub(crate) is_busy: RwSignal<bool>,
    /// Why the last scan that was asked for is none.
    pub(crate) refusal: RwSignal<Option<ApiError>>,
    /// Why the scans or their pairs did not come.
    pub(crate) failure: RwSignal<Option<ApiError>>,
    /// Counts requests of pairs: an answer that is overtaken is not shown.
    request: StoredValue<u32>,
}

impl Default for Scanner {
    fn default() -> Self {
        Self {
            scans: RwSignal::new(None),
            found: RwSignal::new(None),
            shown: RwSignal::new(PAGE),
            is_busy: RwSignal::new(false),
            refusal: RwSignal::new(None),
            failure: RwSignal::new(None),
            request: StoredValue::new(0),
        }
    }
}

/// While the scanner is on screen the scans are read, the chosen one is followed, and its pairs are those of the view.
pub(super) fn start(stores: Stores) {
    let scanner = stores.scanner;
    let is_shown = Memo::new(move |_| stores.view.with(|view| view.tab) == Tab::Scanner);
    Effect::new(move |_| {
        if is_shown.get() {
            scanner.read(stores);
        }
    });
    Effect::new(move |was_lost: Option<bool>| {
        let is_lost = matches!(stores.feed.link().get(), Link::Lost { .. });
        if was_lost == Some(true) && !is_lost && is_shown.get_untracked() {
            scanner.read(stores);
        }
        is_lost
    });
    let chosen = Memo::new(move |_| {
        let scan = scanner.chosen(stores)?;
        is_shown.get().then_some((scan.id, scan.state))
    });
    Effect::new(move |_| {
        let goes_on = |state| matches!(state, ScanState::Queued | ScanState::Running);
        let followed = chosen.get().filter(|(_, state)| goes_on(*state));
        let topic = followed.map(|(id, _)| format!("scan:{id}"));
        stores.topics.set(Reader::Scan, topic.into_iter().collect());
    });
    let wanted = Memo::new(move |_| stores.view.with(|view| view.scan.clone()));
    Effect::new(move |_| {
        let (view, shown) = (wanted.get(), scanner.shown.get());
        let request = scanner.request.get_value() + 1;
        scanner.request.set_value(request);
        let Some((id, ScanState::Done)) = chosen.get() else {
            scanner.found.set(None);
            return;
        };
        // The pairs of another scan would be taken for those of this one.
        let is_of_another =
            |found: &Option<ScanResponse>| found.as_ref().is_some_and(|found| found.scan.id != id);
        if scanner.found.with_untracked(is_of_another) {
            scanner.found.set(None);
        }
        spawn_local(async move {
            let answer = api::scans::one(id, &view, shown).await;
            if scanner.request.get_value() != request {
                return;
            }
            match answer {
                Ok(found) => {
                    scanner.found.set(Some(found));
                    scanner.failure.set(None);
                }
                Err(error) => scanner.failure.set(Some(error)),
            }
        });
    });
}

impl Scanner {
    /// The scan on screen: the one of the link, and without one the newest. Tracked.
    pub(crate) fn chosen(self, stores: Stores) -> Option<Scan> {
        let id = stores.view.with(|view| view.scan.id);
        self.scans.with(|scans| {
            let scans = scans.as_ref()?;
            match id {
                Some(id) => scans.iter().find(|scan| scan.id == id).cloned(),
                None => scans.first().cloned(),
            }
        })
    }

    /// Reads which scans there are, and the uploads that could be scanned.
    fn read(self, stores: Stores) {
        spawn_local(async move {
            match api::scans::list().await {
                Ok(answer) => {
                    self.scans.set(Some(answer.scans));
                    self.failure.set(None);
                }
                Err(error) => self.failure.set(Some(error)),
            }
        });
        stores.uploads.read(stores);
    }

    /// Takes an event of the stream.
    pub(super) fn hear(self, stores: Stores, update: ScanUpdate) {
        match update.scan {
            Some(scan) => self.scans.update(|scans| {
                let held = scans.iter_mut().flatten().find(|held| held.id == scan.id);
                if let Some(held) = held {
                    *held = scan;
                }
            }),
            // Somebody has deleted it.
            None => self.read(stores),
        }
    }

    /// Asks for a scan, and shows it.
    pub(crate) fn ask(self, stores: Stores, request: ScanRequest) {
        self.is_busy.set(true);
        spawn_local(async move {
            match api::scans::create(&request).await {
                Ok(asked) => {
                    let id = asked.scan.id;
                    self.scans
                        .update(|scans| scans.get_or_insert_default().insert(0, asked.scan));
                    self.show(stores, Some(id));
                    self.refusal.set(None);
                }
                Err(error) => self.refusal.set(Some(error)),
            }
            self.is_busy.set(false);
        });
    }

    /// Shows another scan, from its first pairs on.
    pub(crate) fn show(self, stores: Stores, id: Option<i64>) {
        self.shown.set(PAGE);
        stores.view.update(|view| view.scan.id = id);
    }

    /// Deletes a scan, and so cancels it if it is not done.
    pub(crate) fn delete(self, stores: Stores, id: i64) {
        self.is_busy.set(true);
        spawn_local(async move {
            match api::scans::delete(id).await {
                Ok(_) => {
                    self.scans.update(|scans| {
                        if let Some(scans) = scans {
                            scans.retain(|scan| scan.id != id);
                        }
                    });
                    self.show(stores, None);
                }
                Err(error) => self.failure.set(Some(error)),
            }
            self.is_busy.set(false);
        });
    }
}
