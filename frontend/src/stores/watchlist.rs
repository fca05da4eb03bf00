//! The followed pairs: one signal a row, so that a figure touches nothing but its own line.

use api_types::{EventKind, WatchlistData, WatchlistPair, WatchlistPut, WatchlistRow};
use leptos::{prelude::*, task::spawn_local};

use super::{Reader, Stores};
use crate::{
    edge::api::{self, ApiError},
    model::{Tab, watch::WatchRow},
};

/// How often an edit is tried on a list that somebody else keeps changing.
const TRIES: u32 = 3;

/// A row and where it is known from.
pub(crate) type Row = (RowKey, ArcRwSignal<WatchRow>);

/// Which pair: its place within a revision of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RowKey {
    revision: i64,
    pub(crate) place: u32,
}

/// The list.
#[derive(Clone, Copy)]
pub(crate) struct Watchlist {
    /// `None` until the first snapshot.
    revision: RwSignal<Option<i64>>,
    rows: RwSignal<Vec<Row>>,
    /// Whether an edit is on its way.
    pub(crate) is_busy: RwSignal<bool>,
    /// Why the last edit was not taken.
    pub(crate) refusal: RwSignal<Option<ApiError>>,
}

impl Default for Watchlist {
    fn default() -> Self {
        Self {
            revision: RwSignal::new(None),
            rows: RwSignal::default(),
            is_busy: RwSignal::new(false),
            refusal: RwSignal::new(None),
        }
    }
}

/// The list is followed while it is on screen.
pub(super) fn start(stores: Stores) {
    Effect::new(move |_| {
        let is_shown = stores.view.with(|view| view.tab) == Tab::Watchlist;
        let topic = is_shown.then(|| "watchlist".to_owned());
        stores
            .topics
            .set(Reader::Watchlist, topic.into_iter().collect());
    });
}

impl Watchlist {
    /// Whether the list is known.
    pub(crate) fn is_known(&self) -> bool {
        self.revision.with(Option::is_some)
    }

    /// The rows as they stand in the list.
    pub(crate) fn rows(&self) -> Vec<Row> {
        self.rows.get()
    }

    /// Takes an event of the stream.
    pub(super) fn hear(self, kind: EventKind, data: WatchlistData) {
        let is_same = self.revision.get_untracked() == Some(data.revision);
        match kind {
            EventKind::Update if is_same => self.update(data.rows),
            // Of a list that this page does not have: the reset that brings it is on its way.
            EventKind::Update => {}
            EventKind::Snapshot | EventKind::Reset if is_same => self.update(data.rows),
            EventKind::Snapshot | EventKind::Reset => self.replace(data),
        }
    }

    fn update(self, rows: Vec<WatchlistRow>) {
        self.rows.with_untracked(|held| {
            for row in rows {
                if let Some((_, signal)) = held.iter().find(|(key, _)| key.place == row.place) {
                    signal.update(|held| held.take(row));
                }
            }
        });
    }

    fn replace(self, data: WatchlistData) {
        let revision = data.revision;
        let rows = data.rows.into_iter().map(|row| {
            let key = RowKey {
                revision,
                place: row.place,
            };
            (key, ArcRwSignal::new(WatchRow::from(row)))
        });
        self.rows.set(rows.collect());
        self.revision.set(Some(revision));
    }

    /// Adds a pair at the end.
    pub(crate) fn add(self, pair: WatchlistPair) {
        self.edit(move |pairs| pairs.push(pair.clone()));
    }

    /// Removes a pair, wherever it stands by now.
    pub(crate) fn remove(self, row: &WatchRow) {
        let Some(gone) = row
            .params
            .as_ref()
            .and_then(|params| WatchlistPair::try_from(params).ok())
        else {
            return;
        };
        self.edit(move |pairs| pairs.retain(|pair| *pair != gone));
    }

    /// Makes a change to the list as it is now: what somebody else has changed meanwhile stays.
    fn edit(self, change: impl Fn(&mut Vec<WatchlistPair>) + 'static) {
        self.is_busy.set(true);
        spawn_local(async move {
            let mut outcome = Ok(());
            for _ in 0..TRIES {
                outcome = self.try_edit(&change).await;
                if !matches!(&outcome, Err(ApiError::Refused(problem)) if problem.status == 409) {
                    break;
                }
            }
            self.refusal.set(outcome.err());
            self.is_busy.set(false);
        });
    }

    async fn try_edit(self, change: &impl Fn(&mut Vec<WatchlistPair>)) -> Result<(), ApiError> {
        let now = api::watchlist::read().await?.watchlist;
        let readable = now.rows.iter().filter_map(|row| row.params.as_ref());
        let mut pairs: Vec<_> = readable
            .filter_map(|params| WatchlistPair::try_from(params).ok())
            .collect();
        change(&mut pairs);
        let put = WatchlistPut {
            revision: now.revision,
            pairs,
        };
        let answer = api::watchlist::put(&put).await?;
        self.hear(EventKind::Reset, answer.watchlist);
        Ok(())
    }
}
