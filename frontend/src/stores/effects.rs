//! What follows from what: the address from the view, the stream and the bars from what is on screen.

use std::time::Duration;

use leptos::prelude::*;
use leptos_use::{use_document_visibility, use_event_listener, use_window};
use web_sys::VisibilityState;

use super::{
    Catalogue, FeedStoreFields, Link, PairStoreFields, Reader, Stores, bars, live, loader, pair,
};
use crate::{
    edge::{address, clock, page},
    model::{PairChoice, Tab, View, format},
};

const TICK: Duration = Duration::from_millis(500);
/// Changes that follow one another faster than this are one.
const SEQUEL_MS: i64 = 400;

pub(super) fn start(stores: Stores) {
    loader::load_symbols(stores, 0);
    keep_time(stores);
    choose_tiles(stores);
    bars::start(stores);
    pair::start(stores);
    reload_after_loss(stores);
    ask_for_topics(stores);
    follow_stream(stores);
    mirror_address(stores);
    remember(stores);
    title(stores);
}

fn keep_time(stores: Stores) {
    let tick = move || {
        stores.now.set(live::server_now(stores));
        stores.live.watch_silence(stores);
        stores.live.share(stores);
        stores.toasts.age(TICK.as_millis() as i64);
    };
    // It goes on for as long as the page does.
    let _ = set_interval_with_handle(tick, TICK);
}

/// A page that nobody sees closes its stream and opens it where it was when it is seen again. Of all pages of the browser one follows the
/// alerts all the time.
fn follow_stream(stores: Stores) {
    let visibility = use_document_visibility();
    let topics = Memo::new(move |_| {
        // Without a symbol there is still the feed's state to show, but not for the moment that the first list takes.
        let is_waiting = stores.pair.key().with(Option::is_none)
            && stores
                .feed
                .catalogue()
                .with(|catalogue| *catalogue != Catalogue::Ready);
        let is_hidden = visibility.get() == VisibilityState::Hidden;
        let is_wanted = |reader| !is_waiting && (!is_hidden || reader == Reader::Alerts);
        (stores.topics.of(is_wanted), is_hidden)
    });
    Effect::new(move |_| {
        let (topics, is_hidden) = topics.get();
        if !topics.is_empty() {
            stores.live.follow(stores, &topics);
        } else if is_hidden {
            stores.live.rest(stores);
        }
    });
}

/// The legs that are traded have a price of the moment.
fn choose_tiles(stores: Stores) {
    Effect::new(move |_| {
        let shown: Vec<_> = stores
            .legs
            .get()
            .into_iter()
            .flatten()
            .filter_map(|leg| leg.instrument)
            .collect();
        let symbols = stores.feed.symbols().get();
        let chosen: Vec<_> = symbols
            .iter()
            .filter(|info| shown.contains(&(*info).into()))
            .cloned()
            .collect();
        stores.board.list(&chosen);
    });
}

/// What could not be read because the server was away is read as soon as it is back; and it may follow other symbols now.
fn reload_after_loss(stores: Stores) {
    Effect::new(move |was_lost: Option<bool>| {
        let is_lost = matches!(stores.feed.link().get(), Link::Lost { .. });
        if was_lost == Some(true) && !is_lost {
            loader::load_symbols(stores, 0);
        }
        is_lost
    });
}

/// What is on screen asks for its topics.
fn ask_for_topics(stores: Stores) {
    stores.topics.set(Reader::Status, vec!["status".to_owned()]);
    Effect::new(move |_| {
        let is_shown = stores.view.with(|view| view.tab) == Tab::Pair;
        let tiles = stores.board.instruments();
        let topics = tiles
            .iter()
            .filter(|_| is_shown)
            .map(|instrument| format!("ticks:{}", instrument.qualified()));
        stores.topics.set(Reader::Ticks, topics.collect());
    });
}

fn mirror_address(stores: Stores) {
    let changed_at = StoredValue::new(0_i64);
    Effect::new(move |before: Option<View>| {
        let view = stores.view.get();
        // What follows from a step by itself, as the interval of another upload, is no step of its own: Back would only bring it again.
        let is_sequel = clock::now_ms() - changed_at.get_value() < SEQUEL_MS;
        changed_at.set_value(clock::now_ms());
        // Another tab or another question is a step that Back undoes; a moved range or the moment of a fit is not, nor what was filled in for want
        // of it.
        let is_step = before.is_some_and(|before| {
            let was_open = before.pair.legs().iter().any(|leg| leg.name.is_empty());
            let question = |view: &View| PairChoice {
                fit_time: None,
                ..view.pair.clone()
            };
            let is_other = (question(&before) != question(&view)
                || before.backtest != view.backtest)
                && !was_open
                && !is_sequel;
            // Pressed, not typed: a scan, an order of its pairs, a sweep, the ticket unfolded.
            let opened = |view: &View| {
                let scan = (view.scan.id, view.scan.sorting);
                (scan, view.sweep, view.notional.is_some())
            };
            before.tab != view.tab || is_other || opened(&before) != opened(&view)
        });
        address::write(&view, is_step);
        view
    });
    let _ = use_event_listener(use_window(), leptos::ev::popstate, move |_| {
        stores.view.set(address::read(PairChoice::default));
    });
}

/// A page that is opened without a link shows what was shown last.
fn remember(stores: Stores) {
    Effect::new(move |_| {
        let pair = stores.view.with(|view| view.pair.clone());
        stores.preferences.remember(&pair);
    });
}

/// The z-score in the browser's tab, for a page that stays open behind others.
fn title(stores: Stores) {
    Effect::new(move |_| {
        if stores.pair.key().with(Option::is_none) {
            let is_failed = matches!(stores.feed.catalogue().get(), Catalogue::Failed(_));
            page::set_title(if is_failed {
                "No connection · Spreadscope"
            } else {
                "Spreadscope"
            });
            return;
        }
        let z = stores
            .pair
            .summary()
            .with(|summary| summary.and_then(|summary| summary.z));
        // A number that no longer moves must not look like one.
        let z = z.filter(|_| stores.is_current());
        let z = z.map_or_else(String::new, |z| format!("{} ", format::signed(z, 2)));
        let name = stores.view.with(|view| view.pair.name());
        page::set_title(&format!("{z}{name} · Spreadscope"));
    });
}
