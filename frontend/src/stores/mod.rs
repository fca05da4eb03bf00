//! The reactive state of the page. Components read it; only the modules here and the view's pickers write it.

mod alerts;
mod backtest;
mod bars;
mod board;
mod chart;
mod effects;
mod feed;
mod live;
mod loader;
mod notice;
mod pair;
mod preferences;
mod radar;
mod relay;
mod scanner;
mod screen;
mod seat;
mod sweeps;
mod toasts;
mod topics;
mod uploads;
mod watchlist;

use api_types::{BarLength, Dataset, FeedMode};
use leptos::prelude::*;
use reactive_stores::Store;

pub(crate) use alerts::{Alerts, body_of};
pub(crate) use backtest::{Backtest, BacktestLoad};
pub(crate) use board::{Board, Tile};
pub(crate) use chart::{Chart, ChartStoreFields, Key, Load};
pub(crate) use feed::{Catalogue, Feed, FeedStoreFields, Link};
pub(crate) use live::Live;
pub(crate) use notice::Notice;
pub(crate) use pair::{News, Pair, PairLoad, PairStoreFields, ShownLeg, datasets_of, own_interval};
pub(crate) use preferences::Preferences;
pub(crate) use radar::Radar;
pub(crate) use relay::Relay;
pub(crate) use scanner::{MOST_SHOWN, PAGE, Scanner};
pub(crate) use screen::Screen;
pub(crate) use sweeps::Sweeps;
pub(crate) use toasts::{Toast, Toasts};
pub(crate) use topics::{Reader, Topics};
pub(crate) use uploads::{Job, Stage, Uploads};
pub(crate) use watchlist::Watchlist;

use crate::{
    edge::{address, clock},
    model::{PairChoice, Tab, View, pair::query::Query},
};

/// What ended so long ago has closed, as far as can be told before any bar was read.
const FEED_LAG_MS: i64 = 5_000;

/// Everything that the page knows, found by any component through the context.
#[derive(Clone, Copy)]
pub(crate) struct Stores {
    pub(crate) preferences: Preferences,
    /// What is on screen.
    pub(crate) view: RwSignal<View>,
    /// The connection and what it says of the feed.
    pub(crate) feed: Store<Feed>,
    /// Last prices.
    pub(crate) board: Board,
    /// Bars of both legs, y first.
    pub(crate) bars: [Store<Chart>; 2],
    /// The analysis on screen.
    pub(crate) pair: Store<Pair>,
    pub(crate) news: News,
    pub(crate) backtest: Backtest,
    pub(crate) sweeps: Sweeps,
    /// The legs on screen, y first; `None` for one that is not there.
    pub(crate) legs: Memo<[Option<ShownLeg>; 2]>,
    pub(crate) screen: Screen,
    /// The moment under the pointer, in all charts, ms since the epoch.
    pub(crate) crosshair: RwSignal<Option<i64>>,
    /// What the charts show: while it stays, so does what a hand has done to them.
    pub(crate) revision: Memo<String>,
    /// Now on the server's clock, twice a second, ms since the epoch.
    pub(crate) now: RwSignal<i64>,
    /// The followed pairs.
    pub(crate) watchlist: Watchlist,
    pub(crate) scanner: Scanner,
    pub(crate) radar: Radar,
    pub(crate) alerts: Alerts,
    /// Which page follows the alerts.
    pub(crate) relay: Relay,
    pub(crate) toasts: Toasts,
    /// The rule of the pair on screen.
    pub(crate) notice: Notice,
    /// The uploads that there are, newest first.
    pub(crate) datasets: RwSignal<Vec<Dataset>>,
    /// Files on their way.
    pub(crate) uploads: Uploads,
    /// What the stream is asked for.
    pub(crate) topics: Topics,
    pub(crate) live: Live,
}

impl Stores {
    /// Makes the state, connects it with the world, and puts it into the context.
    pub(crate) fn provide() -> Self {
        let preferences = Preferences::load();
        let view = RwSignal::new(address::read(|| {
            preferences.last_pair().unwrap_or_default()
        }));
        let feed = Store::new(Feed::default());
        let pair = Store::new(Pair::default());
        let now = RwSignal::new(clock::now_ms());
        let legs = Memo::new(move |_| {
            let legs = view.with(|view| view.pair.legs().map(Clone::clone));
            feed.symbols()
                .with(|symbols| legs.map(|leg| ShownLeg::find(&leg, symbols)))
        });
        let revision = Memo::new(move |shown: Option<&String>| {
            pair.with(|pair| match (shown, &pair.key) {
                (Some(shown), Some(_)) if pair.is_waiting() => shown.clone(),
                (_, key) => key
                    .as_ref()
                    .map_or_else(String::new, |key| key.query.clone()),
            })
        });
        let stores = Self {
            preferences,
            view,
            feed,
            board: Board::default(),
            bars: [Store::new(Chart::default()), Store::new(Chart::default())],
            pair,
            news: News::default(),
            backtest: Backtest::new(view),
            sweeps: Sweeps::default(),
            datasets: RwSignal::default(),
            legs,
            screen: Screen::of_pair(view, pair, now),
            crosshair: RwSignal::new(None),
            revision,
            now,
            watchlist: Watchlist::default(),
            scanner: Scanner::default(),
            radar: Radar::default(),
            alerts: Alerts::default(),
            relay: Relay::default(),
            toasts: Toasts::new(preferences),
            notice: Notice::default(),
            uploads: Uploads::default(),
            topics: Topics::default(),
            live: Live::default(),
        };
        provide_context(stores);
        effects::start(stores);
        watchlist::start(stores);
        scanner::start(stores);
        radar::start(stores);
        backtest::start(stores);
        sweeps::start(stores);
        alerts::start(stores);
        uploads::start(stores);
        relay::start(stores);
        stores
    }

    /// The state that the page provides.
    pub(crate) fn from_context() -> Self {
        expect_context()
    }

    /// Whether the numbers are real, as the feed on screen says.
    pub(crate) fn mode(&self) -> Option<FeedMode> {
        self.feed
            .status()
            .with(|status| Some(status.as_ref()?.feeds.first()?.mode))
    }

    /// Whether events arrive.
    pub(crate) fn is_connected(&self) -> bool {
        self.feed
            .link()
            .with(|link| matches!(link, Link::Open | Link::Waiting))
    }

    /// Shows another view; what the others show stays as it is.
    pub(crate) fn show_tab(&self, tab: Tab) {
        if self.view.with_untracked(|view| view.tab != tab) {
            self.view.update(|view| view.tab = tab);
        }
    }

    /// Shows the pair of a view in the charts. How it would be traded, and how lists are looked at, stays as it is.
    pub(crate) fn open_pair(&self, shown: &View) {
        self.view.update(|view| {
            view.tab = Tab::Pair;
            view.pair = shown.pair.clone();
            (view.zoom, view.cloud) = (None, None);
        });
    }

    /// Changes the pair on screen. Other bars are shown whole, other figures of the same bars as the hand has left them.
    pub(crate) fn choose(&self, change: impl FnOnce(&mut PairChoice)) {
        let mut view = self.view.get_untracked();
        let before = view.pair.clone();
        change(&mut view.pair);
        view.pair.settle();
        if view.pair == before {
            return;
        }
        let is_same_time = before.interval == view.pair.interval
            && before.span == view.pair.span
            && before.legs().map(|leg| leg.source) == view.pair.legs().map(|leg| leg.source);
        let is_same_cloud =
            before.legs() == view.pair.legs() && before.transform == view.pair.transform;
        view.zoom = view.zoom.filter(|_| is_same_time);
        view.cloud = view.cloud.filter(|_| is_same_time && is_same_cloud);
        self.view.set(view);
    }

    /// Fits in sample to the bars there are now, and keeps the coefficients from then on.
    pub(crate) fn refit(&self) {
        let now = self.now.get_untracked();
        let closed =
            |choice: &PairChoice| self.pair.with_untracked(|shown| shown.last_closed(choice));
        self.choose(|pair| {
            let interval_ms = pair.interval.ms();
            let over = now - FEED_LAG_MS;
            // A bar that were not closed yet would still move the coefficients.
            let by_the_clock = over.div_euclid(interval_ms) * interval_ms - interval_ms;
            pair.fit_time = Some(closed(pair).unwrap_or(by_the_clock));
        });
    }

    /// The parameters of a request about these bars, escaped; `None` while the legs are not known.
    pub(crate) fn query_of(&self, choice: &PairChoice) -> Option<String> {
        Some(address::escape(&self.parameters_of(choice)?))
    }

    /// The same by name.
    pub(crate) fn parameters_of(&self, choice: &PairChoice) -> Option<Query> {
        let [y, x] = self.legs.get();
        let (y, x) = y.zip(x)?;
        // The memo may lag behind the choice by an instant.
        let is_same = y.leg == choice.y && x.leg == choice.x;
        is_same.then(|| choice.to_request([&y.api_name, &x.api_name]))
    }

    /// How files about bars of the pair on screen begin: `ETHUSDT-BTCUSDT-1m`. Bars of another length than the pair's are said so.
    pub(crate) fn file_stem(&self, interval: Option<BarLength>) -> String {
        let stem = self.view.with_untracked(|view| {
            let interval = interval.unwrap_or(view.pair.interval);
            format!("{}-{}-{interval}", view.pair.y.short(), view.pair.x.short())
        });
        stem.replace(
            |letter: char| !letter.is_ascii_alphanumeric() && letter != '.',
            "-",
        )
    }

    /// Whether the numbers of the pair are those of now, or meant to be of another time.
    pub(crate) fn is_current(&self) -> bool {
        self.is_connected() || !self.view.with(|view| view.pair.follows())
    }
}
