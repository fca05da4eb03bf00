//! The times on screen, and how a hand moves them.

use leptos::prelude::*;

use crate::{
    model::{TimeRange, draw},
    stores::{ChartStoreFields, Stores},
};

/// Width of a candle with its gap while the chart follows the market, px.
const CANDLE_PX: i32 = 8;
/// Share of the screen that a key press moves.
const KEY_STEP: f64 = 0.12;

/// What the chart shows: the view's range or, without one, as many of the latest bars as fit.
#[derive(Clone, Copy)]
pub(super) struct Screen {
    stores: Stores,
    /// Width of the chart, px; 0 before it is laid out.
    pub(super) width: RwSignal<i32>,
    /// `None` while there is no bar.
    pub(super) range: Memo<Option<TimeRange>>,
}

impl Screen {
    pub(super) fn new(stores: Stores) -> Self {
        let width = RwSignal::new(0);
        let range = Memo::new(move |_| {
            let (interval_ms, chosen) = stores.view.with(|view| (view.interval.ms(), view.range));
            chosen.or_else(|| {
                let count = i64::from((width.get() / CANDLE_PX).clamp(40, 240));
                let series = stores.chart.series();
                series.with(|series| Some(draw::latest(series.last()?, count, interval_ms)))
            })
        });
        Self {
            stores,
            width,
            range,
        }
    }

    /// Shows these times, or those nearest to them that make sense.
    pub(super) fn show(&self, from: i64, to: i64) {
        let stores = self.stores;
        let interval_ms = stores.view.with_untracked(|view| view.interval.ms());
        let range = stores.chart.series().with_untracked(|series| {
            let beginning = series.first().filter(|_| series.is_at_beginning());
            let range = TimeRange::new(from, to)?;
            Some(range.within(
                beginning.map(|bar| bar.time),
                series.last()?.time,
                interval_ms,
            ))
        });
        if range.is_some() {
            stores.show_range(range);
        }
    }

    /// Follows the latest bars.
    pub(super) fn follow(&self) {
        self.stores.show_range(None);
    }

    /// Wider (above 1) or narrower (below 1) around the newer end, where the eye is.
    pub(super) fn zoom(&self, factor: f64) {
        if let Some(now) = self.range.get_untracked() {
            self.show(now.to - (now.span() as f64 * factor) as i64, now.to);
        }
    }

    /// Does what a key asks for. Returns whether the key means anything here.
    pub(super) fn press(&self, key: &str) -> bool {
        match key {
            "ArrowLeft" => self.shift(-KEY_STEP),
            "ArrowRight" => self.shift(KEY_STEP),
            "PageUp" => self.shift(-1.0),
            "PageDown" => self.shift(1.0),
            "+" | "=" => self.zoom(0.8),
            "-" => self.zoom(1.25),
            "0" | "End" => self.follow(),
            _ => return false,
        }
        true
    }

    fn shift(&self, screens: f64) {
        if let Some(now) = self.range.get_untracked() {
            let by = (now.span() as f64 * screens) as i64;
            self.show(now.from + by, now.to + by);
        }
    }
}
