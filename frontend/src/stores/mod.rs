//! The reactive state of the page. Components read it; only the modules here and the view's pickers write it.

mod alerts;
mod board;
mod chart;
mod effects;
mod feed;
mod live;
mod loader;
mod notice;
mod preferences;
mod relay;
mod seat;
mod toasts;
mod topics;
mod uploads;
mod watchlist;

use api_types::FeedMode;
use leptos::prelude::*;
use reactive_stores::Store;

pub(crate) use alerts::{Alerts, body_of};
pub(crate) use board::{Board, Tile};
pub(crate) use chart::{Chart, ChartStoreFields, Key, Load};
pub(crate) use feed::{Catalogue, Feed, FeedStoreFields, Link};
pub(crate) use live::Live;
pub(crate) use notice::Notice;
pub(crate) use preferences::Preferences;
pub(crate) use relay::Relay;
pub(crate) use toasts::{Toast, Toasts};
pub(crate) use topics::{Reader, Topics};
pub(crate) use uploads::{Job, Reading, Stage, Uploads};
pub(crate) use watchlist::Watchlist;

use crate::{
    edge::{address, clock},
    model::{Instrument, Tab, TimeRange, View},
};

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
    /// Bars on screen.
    pub(crate) chart: Store<Chart>,
    /// Now on the server's clock, twice a second, ms since the epoch.
    pub(crate) now: RwSignal<i64>,
    /// The instrument on screen; `None` while nothing is known to choose from.
    pub(crate) instrument: Memo<Option<Instrument>>,
    /// The followed pairs.
    pub(crate) watchlist: Watchlist,
    pub(crate) alerts: Alerts,
    /// Which page follows the alerts.
    pub(crate) relay: Relay,
    pub(crate) toasts: Toasts,
    /// The rule of the pair on screen.
    pub(crate) notice: Notice,
    /// The uploads that there are, newest first.
    pub(crate) datasets: RwSignal<Vec<api_types::Dataset>>,
    /// Files on their way.
    pub(crate) uploads: Uploads,
    /// What the stream is asked for.
    pub(crate) topics: Topics,
    pub(crate) live: Live,
}

impl Stores {
    /// Makes the state, connects it with the world, and puts it into the context.
    pub(crate) fn provide() -> Self {
        let view = RwSignal::new(address::read());
        let feed = Store::new(Feed::default());
        let instrument = Memo::new(move |_| {
            let name = view.with(|view| view.symbol.clone());
            feed.symbols().with(|symbols| match name {
                Some(name) => Instrument::find(&name, symbols),
                None => symbols.first().map(Instrument::from),
            })
        });
        let preferences = Preferences::load();
        let stores = Self {
            preferences,
            view,
            feed,
            board: Board::default(),
            chart: Store::new(Chart::default()),
            now: RwSignal::new(clock::now_ms()),
            instrument,
            watchlist: Watchlist::default(),
            alerts: Alerts::default(),
            relay: Relay::default(),
            toasts: Toasts::new(preferences),
            notice: Notice::default(),
            datasets: RwSignal::default(),
            uploads: Uploads::default(),
            topics: Topics::default(),
            live: Live::default(),
        };
        provide_context(stores);
        effects::start(stores);
        watchlist::start(stores);
        alerts::start(stores);
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

    /// Shows another symbol, from its latest bars on.
    pub(crate) fn show_instrument(&self, instrument: &Instrument) {
        let name = self
            .feed
            .symbols()
            .with_untracked(|all| instrument.short_name(all));
        self.view.update(|view| {
            view.symbol = Some(name);
            view.range = None;
        });
    }

    /// Shows other bars, from the latest on.
    pub(crate) fn show_interval(&self, interval: api_types::Interval) {
        self.view.update(|view| {
            view.interval = interval;
            view.range = None;
        });
    }

    /// Shows these times; `None`: the latest, moving along.
    pub(crate) fn show_range(&self, range: Option<TimeRange>) {
        if self.view.with_untracked(|view| view.range != range) {
            self.view.update(|view| view.range = range);
        }
    }
}
