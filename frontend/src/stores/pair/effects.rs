//! What follows from the chosen pair: the question to the server, and what keeps its answer fresh.

use std::time::Duration;

use leptos::prelude::*;

use super::{PairKey, PairLoad, PairStoreFields, legs, loader};
use crate::{
    model::{Tab, TimeRange},
    stores::{Catalogue, FeedStoreFields, Link, Reader, Stores},
};

/// Lines and stability are computed over all of the range: not at every bar of a second.
const EXTRAS_EVERY_MS: i64 = 30_000;
/// Thresholds and numbers are typed digit by digit.
const PATIENCE: Duration = Duration::from_millis(150);

pub(in crate::stores) fn start(stores: Stores) {
    fill_in_legs(stores);
    pin_fit(stores);
    read_datasets(stores);
    ask(stores);
    follow(stores);
    refresh_extras(stores);
    refine(stores);
    reload_after_loss(stores);
}

/// A link may leave the legs open.
fn fill_in_legs(stores: Stores) {
    Effect::new(move |_| {
        let is_ready = stores
            .feed
            .catalogue()
            .with(|catalogue| *catalogue == Catalogue::Ready);
        let mut choice = stores.view.with(|view| view.pair.clone());
        let is_filled = stores.feed.symbols().with(|symbols| {
            stores
                .datasets
                .with(|datasets| legs::fill_in(&mut choice, symbols, datasets))
        });
        if is_ready && is_filled {
            stores.view.update(|view| view.pair = choice);
        }
    });
}

/// A live fit in sample is that of a moment, or it would repaint the past with every bar.
fn pin_fit(stores: Stores) {
    Effect::new(move |_| {
        let is_open = stores
            .view
            .with(|view| view.pair.can_refit() && view.pair.fit_time.is_none());
        if is_open {
            stores.refit();
        }
    });
}

fn read_datasets(stores: Stores) {
    Effect::new(move |_| {
        if matches!(stores.view.with(|view| view.tab), Tab::Pair | Tab::Backtest) {
            stores.uploads.read(stores);
        }
    });
}

fn ask(stores: Stores) {
    let key = Memo::new(move |_| {
        if stores.view.with(|view| view.tab) != Tab::Pair {
            return None;
        }
        let choice = stores.view.with(|view| view.pair.clone());
        let query = stores.query_of(&choice)?;
        Some(PairKey { choice, query })
    });
    let wanted = StoredValue::new(None::<PairKey>);
    Effect::new(move |_| {
        let key = key.get();
        // Another tab on screen: what is known stays, for the way back.
        if key.is_none() && stores.view.with_untracked(|view| view.tab) != Tab::Pair {
            return;
        }
        if wanted.get_value() == key && stores.pair.key().with_untracked(|known| *known == key) {
            return;
        }
        let is_first = wanted.with_value(Option::is_none);
        wanted.set_value(key.clone());
        let begin = move || {
            if wanted.get_value() != key {
                return;
            }
            stores.news.drop_all();
            stores.pair.update(|pair| pair.ask(key.clone()));
            if let Some(key) = key {
                loader::load(stores, key, 0);
            }
        };
        if is_first {
            begin();
        } else {
            set_timeout(begin, PATIENCE);
        }
    });
}

fn follow(stores: Stores) {
    Effect::new(move |_| {
        let is_shown = stores.view.with(|view| view.tab) == Tab::Pair;
        let topic = stores
            .pair
            .key()
            .with(|key| key.as_ref().and_then(PairKey::topic));
        // What the server refuses by request it would refuse again.
        let is_refused = stores
            .pair
            .load()
            .with(|load| matches!(load, PairLoad::Refused(_)));
        let topic = topic.filter(|_| is_shown && !is_refused);
        stores.topics.set(Reader::Pair, topic.into_iter().collect());
    });
}

fn refresh_extras(stores: Stores) {
    let closed = Memo::new(move |_| {
        stores
            .pair
            .series()
            .with(|series| series.last_closed().map(|point| point.time))
    });
    let read_at = StoredValue::new(0_i64);
    Effect::new(move |before: Option<Option<i64>>| {
        let closed = closed.get();
        let has_moved =
            before.flatten().is_some() && closed.is_some() && before.flatten() != closed;
        let now = stores.now.get_untracked();
        if before.flatten().is_none() {
            // The first answer had them.
            read_at.set_value(now);
        } else if has_moved && now - read_at.get_value() >= EXTRAS_EVERY_MS {
            read_at.set_value(now);
            loader::load_extras(stores);
        }
        closed
    });
}

/// Finer points where the hand has zoomed in.
fn refine(stores: Stores) {
    Effect::new(move |_| {
        let zoom: Option<TimeRange> = stores.view.with(|view| view.zoom);
        let is_ready = stores.pair.load().with(|load| *load == PairLoad::Ready);
        if let (Some(zoom), true) = (zoom, is_ready) {
            let is_there = stores.pair.with_untracked(|pair| {
                pair.detail.as_ref().is_some_and(|detail| {
                    detail.range.from <= zoom.from
                        && zoom.to <= detail.range.to
                        && detail.range.span() <= 6 * zoom.span()
                })
            });
            if !is_there {
                loader::load_detail(stores, zoom);
            }
        }
    });
}

/// What could not be read because the server was away is read as soon as it is back.
fn reload_after_loss(stores: Stores) {
    Effect::new(move |was_lost: Option<bool>| {
        let is_lost = matches!(stores.feed.link().get(), Link::Lost { .. });
        if was_lost == Some(true) && !is_lost {
            let is_there = stores
                .pair
                .load()
                .with_untracked(|load| *load == PairLoad::Ready);
            match stores.pair.key().get_untracked() {
                Some(key) if !is_there => loader::load(stores, key, 0),
                Some(_) => loader::load_extras(stores),
                None => {}
            }
        }
        is_lost
    });
}
