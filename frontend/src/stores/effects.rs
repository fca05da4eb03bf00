//! What follows from what: the address from the view, the stream and the bars from what is on screen.

use std::time::Duration;

use leptos::prelude::*;
use leptos_use::{use_document_visibility, use_event_listener, use_window};
use web_sys::VisibilityState;

use super::{
    Catalogue, Chart, ChartStoreFields, FeedStoreFields, Key, Link, Load, Reader, Stores, live,
    loader,
};
use crate::{
    edge::{address, page},
    model::{BarSeries, View, format},
};

/// At most so many symbols have a tile.
const MOST_TILES: usize = 12;
const TICK: Duration = Duration::from_millis(500);

pub(super) fn start(stores: Stores) {
    loader::load_symbols(stores, 0);
    keep_time(stores);
    choose_tiles(stores);
    load_bars(stores);
    reload_after_loss(stores);
    grow_towards_the_past(stores);
    fill_with_history(stores);
    ask_for_topics(stores);
    follow_stream(stores);
    mirror_address(stores);
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

/// The symbols of a running feed first; the one on screen always.
fn choose_tiles(stores: Stores) {
    Effect::new(move |_| {
        let shown = stores.instrument.get();
        let symbols = stores.feed.symbols().get();
        let is_followed =
            |info: &&api_types::SymbolInfo| info.feed != api_types::SymbolFeedState::Off;
        let is_any_followed = symbols.iter().any(|info| is_followed(&info));
        let mut chosen: Vec<_> = symbols
            .iter()
            .filter(|info| !is_any_followed || is_followed(info))
            .take(MOST_TILES)
            .cloned()
            .collect();
        let is_missing =
            |info: &&api_types::SymbolInfo| Some((*info).into()) == shown && !chosen.contains(info);
        let missing = symbols.iter().find(is_missing).cloned();
        chosen.extend(missing);
        stores.board.list(&chosen);
    });
}

fn load_bars(stores: Stores) {
    let key = Memo::new(move |_| {
        let interval = stores.view.with(|view| view.interval);
        stores.instrument.get().map(|instrument| Key {
            instrument,
            interval,
        })
    });
    Effect::new(move |_| {
        let key = key.get();
        stores.chart.set(Chart {
            key: key.clone(),
            ..Chart::default()
        });
        if let Some(key) = key {
            loader::load_latest(stores, key, 0);
        }
    });
}

/// What could not be read because the server was away is read as soon as it is back; and it may follow other symbols now.
fn reload_after_loss(stores: Stores) {
    Effect::new(move |was_open: Option<bool>| {
        let is_open = !matches!(stores.feed.link().get(), Link::Lost { .. });
        if is_open && was_open == Some(false) {
            loader::load_symbols(stores, 0);
            let failed = matches!(stores.chart.load().get_untracked(), Load::Failed(_));
            if let (true, Some(key)) = (failed, stores.chart.key().get_untracked()) {
                loader::load_latest(stores, key, 0);
            }
        }
        is_open
    });
}

/// Reads older bars before the screen gets there.
fn grow_towards_the_past(stores: Stores) {
    Effect::new(move |_| {
        let range = stores.view.with(|view| view.range);
        let first = stores
            .chart
            .series()
            .with(|series| series.first().map(|row| row.time));
        let is_growing = stores.chart.is_growing().get();
        if let (Some(range), Some(first), false) = (range, first, is_growing)
            && range.from - range.span() / 2 < first
        {
            loader::load_older(stores);
        }
    });
}

/// A page that is open during a first start shows the history as it comes.
fn fill_with_history(stores: Stores) {
    let done = Memo::new(move |_| {
        stores.feed.status().with(|status| {
            let backfill = status.as_ref()?.feeds.first()?.backfill.as_ref()?;
            Some(backfill.done)
        })
    });
    Effect::new(move |before: Option<Option<i64>>| {
        let done = done.get();
        let has_grown = before.flatten().is_some_and(|before| Some(before) != done);
        if has_grown && let Some(key) = stores.chart.key().get_untracked() {
            stores.chart.series().update_untracked(BarSeries::distrust);
            loader::load_latest(stores, key, 0);
        }
        done
    });
}

/// What is on screen asks for its topics.
fn ask_for_topics(stores: Stores) {
    stores.topics.set(Reader::Status, vec!["status".to_owned()]);
    Effect::new(move |_| {
        let key = stores.chart.key().get();
        let topics = key.map(|key| key.topic());
        stores
            .topics
            .set(Reader::Bars, topics.into_iter().collect());
    });
    Effect::new(move |_| {
        let tiles = stores.board.instruments();
        let topics = tiles
            .iter()
            .map(|instrument| format!("ticks:{}", instrument.qualified()));
        stores.topics.set(Reader::Ticks, topics.collect());
    });
}

/// A page that nobody sees closes its stream and opens it where it was when it is seen again. Of all pages of the browser one follows the
/// alerts all the time.
fn follow_stream(stores: Stores) {
    let visibility = use_document_visibility();
    let topics = Memo::new(move |_| {
        // Without a symbol there is still the feed's state to show, but not for the moment that the first list takes.
        let is_waiting = stores.chart.key().with(Option::is_none)
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

fn mirror_address(stores: Stores) {
    Effect::new(move |before: Option<View>| {
        let view = stores.view.get();
        if view.symbol.is_none()
            && let Some(instrument) = stores.instrument.get()
        {
            // Chosen for want of one in the link: from now on it is the one on screen, whatever comes first in a later list.
            let name = stores
                .feed
                .symbols()
                .with_untracked(|all| instrument.short_name(all));
            stores.view.update(|view| view.symbol = Some(name));
            return view;
        }
        // Another tab, symbol or interval is a step that Back undoes; a moved range is not.
        let is_step = before.is_some_and(|before| {
            before.symbol.is_some()
                && (before.tab != view.tab
                    || before.symbol != view.symbol
                    || before.interval != view.interval)
        });
        address::write(&view, is_step);
        view
    });
    let _ = use_event_listener(use_window(), leptos::ev::popstate, move |_| {
        stores.view.set(address::read());
    });
}

/// The price in the browser's tab, for a page that stays open behind others.
fn title(stores: Stores) {
    Effect::new(move |_| {
        let Some(instrument) = stores.instrument.get() else {
            let is_failed = matches!(stores.feed.catalogue().get(), Catalogue::Failed(_));
            page::set_title(if is_failed {
                "No connection · Spreadscope"
            } else {
                "Spreadscope"
            });
            return;
        };
        let tile = stores.board.tile(&instrument);
        let price = tile.and_then(|tile| {
            let tile = tile.get();
            tile.price
                .map(|price| format!("{} ", format::price(price, tile.decimals)))
        });
        page::set_title(&format!(
            "{}{} · Spreadscope",
            price.unwrap_or_default(),
            instrument.symbol
        ));
    });
}
