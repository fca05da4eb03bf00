//! What the stream says of the pair, shown at most ten times a second.

use std::time::Duration;

use api_types::{EventKind, PairUpdate};
use leptos::prelude::*;

use super::{Pair, PairKey, PairLoad, PairStoreFields, loader};
use crate::{
    model::{PairSeries, Span},
    stores::Stores,
};

/// Figures change at most ten times a second.
const FLUSH_EVERY: Duration = Duration::from_millis(100);
/// Events that wait at most: more come only while the browser holds the page's timers back.
const MOST_WAITING: usize = 256;

type Waiting = Vec<(EventKind, Box<PairUpdate>, i64)>;

/// Events that wait for the next flush; `None` while none is due.
#[derive(Clone, Copy)]
pub(crate) struct News(StoredValue<Option<Waiting>>);

impl Default for News {
    fn default() -> Self {
        Self(StoredValue::new(None))
    }
}

impl News {
    /// Takes an event of the topic on screen.
    fn push(self, stores: Stores, kind: EventKind, data: Box<PairUpdate>, as_of: i64) {
        let is_first = self.0.with_value(Option::is_none);
        let waiting = self.0.try_update_value(|waiting| {
            let waiting = waiting.get_or_insert_default();
            if kind != EventKind::Update {
                // It stands for everything before it.
                waiting.clear();
            }
            waiting.push((kind, data, as_of));
            waiting.len()
        });
        if waiting.is_some_and(|waiting| waiting >= MOST_WAITING) {
            self.flush(stores);
        } else if is_first {
            set_timeout(
                move || request_animation_frame(move || self.flush(stores)),
                FLUSH_EVERY,
            );
        }
    }

    /// What waits is about another pair.
    pub(super) fn drop_all(self) {
        self.0.update_value(|waiting| {
            if let Some(waiting) = waiting {
                waiting.clear();
            }
        });
    }

    fn flush(self, stores: Stores) {
        let Some(Some(waiting)) = self.0.try_update_value(Option::take) else {
            return;
        };
        for (kind, data, as_of) in waiting {
            take(stores, kind, &data, as_of);
        }
    }
}

/// An event of the stream; one about a pair that has left the screen is late.
pub(in crate::stores) fn hear(
    stores: Stores,
    topic: &str,
    kind: EventKind,
    data: Box<PairUpdate>,
    as_of: i64,
) {
    let wanted = stores
        .pair
        .key()
        .with_untracked(|key| key.as_ref().and_then(PairKey::topic));
    if wanted.as_deref() == Some(topic) {
        stores.news.push(stores, kind, data, as_of);
    }
}

fn take(stores: Stores, kind: EventKind, data: &PairUpdate, as_of: i64) {
    let pair = stores.pair;
    if let Some(too_few) = data.too_few {
        let detail = format!(
            "There are {} joined bars; it takes {}.",
            too_few.got, too_few.needed
        );
        let counts = Some((too_few.got, too_few.needed));
        pair.update(|pair| pair.refuse(PairLoad::TooFew { detail, counts }));
        return;
    }
    pair.heard_at().set(Some(as_of));
    let limit = pair
        .key()
        .with_untracked(|key| match key.as_ref()?.choice.span {
            Span::Last(limit) => Some(limit as usize),
            Span::Between(_) => None,
        });
    pair.is_streamed().set(true);
    pair.series().update(|series| {
        match kind {
            EventKind::Update => series.update(&data.series),
            EventKind::Snapshot | EventKind::Reset => *series = PairSeries::of(&data.series),
        }
        if let Some(limit) = limit {
            // The open bar comes on top.
            series.keep_last(limit + 1);
        }
    });
    if kind != EventKind::Update {
        pair.detail().set(None);
    }
    take_figures(pair, data);
    if pair.load().with_untracked(|load| *load != PairLoad::Ready) {
        pair.load().set(PairLoad::Ready);
    }
    if kind == EventKind::Reset {
        loader::load_extras(stores);
    }
}

fn take_figures(pair: reactive_stores::Store<Pair>, data: &PairUpdate) {
    if let Some(params) = &data.params {
        pair.params().set(Some(params.clone()));
    }
    if let Some(alignment) = data.alignment {
        pair.alignment().set(Some(alignment));
    }
    if let Some(summary) = data.summary {
        pair.summary().set(Some(summary));
    }
    if let Some(fit) = &data.fit {
        pair.fit().set(Some(fit.clone()));
    }
    if let Some(tests) = &data.tests {
        pair.tests().set(Some(tests.clone()));
        pair.missing().set(data.missing.clone());
    }
    if let Some(warnings) = &data.warnings {
        pair.warnings().set(warnings.clone());
    }
}
