//! The times on screen, the same in every chart, and how a hand moves them.

use leptos::prelude::*;
use reactive_stores::Store;

use super::{Pair, PairStoreFields};
use crate::model::{TimeRange, View, pair::Span};

/// Share of the screen that a key press moves.
const KEY_STEP: f64 = 0.12;
/// Room at the right of the newest bar, as a share of the screen.
const ROOM: f64 = 0.02;

/// What the charts of a view show: the zoom or, without one, the whole range.
#[derive(Clone, Copy)]
pub(crate) struct Screen {
    view: RwSignal<View>,
    /// Times of the first and the last bar.
    extent: Memo<Option<(i64, i64)>>,
    /// Where a hand is moving the charts to.
    dragged: RwSignal<Option<TimeRange>>,
    /// Width of the narrowest chart, px; 0 before it is laid out.
    width: RwSignal<i32>,
    /// `None` while it is not known which times there are.
    pub(crate) range: Memo<Option<TimeRange>>,
}

impl Screen {
    /// Of the charts of the pair.
    pub(super) fn of_pair(view: RwSignal<View>, pair: Store<Pair>, now: RwSignal<i64>) -> Self {
        let extent = Memo::new(move |_| {
            pair.series()
                .with(|series| Some((series.first()?.time, series.last()?.time)))
        });
        let whole = Memo::new(move |_| whole(view, extent, now));
        Self::new(
            view,
            Memo::new(move |_| view.with(|view| view.zoom)),
            extent,
            whole,
        )
    }

    /// `zoom`: what of the view's holds for these charts.
    pub(super) fn new(
        view: RwSignal<View>,
        zoom: Memo<Option<TimeRange>>,
        extent: Memo<Option<(i64, i64)>>,
        whole: Memo<Option<TimeRange>>,
    ) -> Self {
        let dragged = RwSignal::new(None);
        let range =
            Memo::new(move |_| dragged.get().or_else(|| zoom.get()).or_else(|| whole.get()));
        Self {
            view,
            extent,
            dragged,
            width: RwSignal::new(0),
            range,
        }
    }

    /// A chart of this width has been laid out.
    pub(crate) fn measure(&self, width: i32) {
        let known = self.width.get_untracked();
        if width > 0 && (known == 0 || width < known) {
            self.width.set(width);
        }
    }

    /// The hand is moving a chart: the others follow.
    pub(crate) fn drag(&self, from: i64, to: i64) {
        self.dragged.set(TimeRange::new(from, to));
    }

    /// Shows these times, or those nearest to them that make sense.
    pub(crate) fn show(&self, from: i64, to: i64) {
        self.dragged.set(None);
        let interval_ms = self.view.with_untracked(|view| view.pair.interval.ms());
        let range = TimeRange::new(from, to)
            .zip(self.extent.get_untracked())
            .map(|(range, (first, last))| range.within(first, last, interval_ms));
        if range.is_some() && self.view.with_untracked(|view| view.zoom != range) {
            self.view.update(|view| view.zoom = range);
        }
    }

    /// Shows the whole range, moving along.
    pub(crate) fn follow(&self) {
        self.dragged.set(None);
        if self.view.with_untracked(|view| view.zoom.is_some()) {
            self.view.update(|view| view.zoom = None);
        }
    }

    /// Wider (above 1) or narrower (below 1) around the newer end, where the eye is.
    pub(crate) fn zoom(&self, factor: f64) {
        if let Some(now) = self.range.get_untracked() {
            self.show(now.to - (now.span() as f64 * factor) as i64, now.to);
        }
    }

    /// Does what a key asks for. Returns whether the key means anything here.
    pub(crate) fn press(&self, key: &str) -> bool {
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

/// From the first bar to the last; before they are there, those that were asked for.
fn whole(
    view: RwSignal<View>,
    extent: Memo<Option<(i64, i64)>>,
    now: RwSignal<i64>,
) -> Option<TimeRange> {
    let interval_ms = view.with(|view| view.pair.interval.ms());
    let (from, to) = extent.get().or_else(|| {
        let (span, has_live) = view.with(|view| (view.pair.span, view.pair.has_live()));
        match span {
            Span::Between(range) => Some((range.from, range.to)),
            // Only the feed's latest bars are those of now.
            Span::Last(bars) if has_live => {
                let now = now.get_untracked().div_euclid(interval_ms) * interval_ms;
                Some((now - i64::from(bars) * interval_ms, now))
            }
            Span::Last(_) => None,
        }
    })?;
    let room = ((to - from) as f64 * ROOM) as i64;
    TimeRange::new(from - interval_ms, to + room.max(interval_ms))
}
