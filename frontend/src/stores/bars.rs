//! The bars behind the candles: of an interval that suits the zoom, for both legs.

use api_types::{BarLength, BarsData, EventKind, Interval};
use leptos::prelude::*;
use reactive_stores::Store;

use super::{Chart, ChartStoreFields, FeedStoreFields, Key, Link, Load, Reader, Stores, loader};
use crate::model::{BarSeries, Tab, TimeRange, pair::Span, series::Join};

/// Bars that a screen is made of at most; more are read as longer ones. Fewer candles are drawn of them, each of several bars.
const MOST_BARS: i64 = 2_000;

pub(super) fn start(stores: Stores) {
    for (at, chart) in stores.bars.into_iter().enumerate() {
        read(stores, chart, at);
        grow_towards_the_past(stores, chart);
        fill_with_history(stores, chart);
        reload_after_loss(stores, chart);
    }
    ask_for_topics(stores);
}

fn read(stores: Stores, chart: Store<Chart>, at: usize) {
    let key = Memo::new(move |_| {
        let leg = stores.legs.get()[at].clone()?;
        let (interval, span) = stores
            .view
            .with(|view| (view.pair.interval, view.pair.span));
        let range = stores.screen.range.get()?;
        let interval = coarse_enough(interval, range);
        let newest = if leg.instrument.is_some() {
            stores.now.get_untracked()
        } else {
            i64::MIN
        };
        let until = until(interval, span, range, newest);
        Some(Key {
            leg,
            interval,
            until,
        })
    });
    Effect::new(move |_| {
        let key = key.get();
        // Candles stay while finer or coarser ones are on their way.
        let is_same_symbol = chart.key().with_untracked(|known| {
            known
                .as_ref()
                .zip(key.as_ref())
                .is_some_and(|(known, key)| known.leg == key.leg)
        });
        if is_same_symbol && key.is_some() {
            chart.key().set(key.clone());
            chart.is_growing().set(false);
            chart.series().update(BarSeries::make_void);
        } else {
            chart.set(Chart {
                key: key.clone(),
                ..Chart::default()
            });
        }
        if let Some(key) = key {
            loader::load_latest(chart, key, 0);
        }
    });
}

/// The pair's interval, or the next longer one that needs no more than so many bars for what is on screen.
fn coarse_enough(interval: BarLength, range: TimeRange) -> BarLength {
    let needs_few = |length: &BarLength| range.span() / length.ms() < MOST_BARS;
    let coarser = Interval::ALL
        .iter()
        .copied()
        .map(BarLength::from)
        .filter(|longer| longer.ms() > interval.ms() && longer.is_multiple_of(interval));
    let all: Vec<_> = std::iter::once(interval).chain(coarser).collect();
    let found = all.iter().copied().find(needs_few);
    found.or(all.last().copied()).unwrap_or(interval)
}

/// Bars of long ago are read up to where they are looked at, in steps, so that a small move needs no others.
fn until(interval: BarLength, span: Span, range: TimeRange, now: i64) -> Option<i64> {
    let step = MOST_BARS / 2 * interval.ms();
    let is_past = now.saturating_sub(range.to) > step;
    let end = match span {
        Span::Between(between) => Some(between.to),
        Span::Last(_) => None,
    };
    if is_past {
        let next = (range.to + range.span() / 2).div_euclid(step) * step + step;
        Some(end.map_or(next, |end| next.min(end)))
    } else {
        end
    }
}

/// Reads older bars before the screen gets there.
fn grow_towards_the_past(stores: Stores, chart: Store<Chart>) {
    Effect::new(move |_| {
        let range = stores.screen.range.get();
        let first = chart
            .series()
            .with(|series| series.first().map(|row| row.time));
        let is_growing = chart.is_growing().get();
        let is_ready = chart.load().with(|load| *load == Load::Ready);
        if let (Some(range), Some(first), false, true) = (range, first, is_growing, is_ready)
            && range.from < first
        {
            loader::load_older(chart);
        }
    });
}

/// A page that is open during a first start shows the history as it comes.
fn fill_with_history(stores: Stores, chart: Store<Chart>) {
    let done = Memo::new(move |_| {
        stores.feed.status().with(|status| {
            let backfill = status.as_ref()?.feeds.first()?.backfill.as_ref()?;
            Some(backfill.done)
        })
    });
    Effect::new(move |before: Option<Option<i64>>| {
        let done = done.get();
        let has_grown = before.flatten().is_some_and(|before| Some(before) != done);
        if has_grown && let Some(key) = chart.key().get_untracked() {
            chart.series().update_untracked(BarSeries::distrust);
            loader::load_latest(chart, key, 0);
        }
        done
    });
}

/// What could not be read because the server was away is read as soon as it is back.
fn reload_after_loss(stores: Stores, chart: Store<Chart>) {
    Effect::new(move |was_lost: Option<bool>| {
        let is_lost = matches!(stores.feed.link().get(), Link::Lost { .. });
        let has_failed = matches!(chart.load().get_untracked(), Load::Failed(_));
        if was_lost == Some(true)
            && !is_lost
            && has_failed
            && let Some(key) = chart.key().get_untracked()
        {
            loader::load_latest(chart, key, 0);
        }
        is_lost
    });
}

fn ask_for_topics(stores: Stores) {
    Effect::new(move |_| {
        let is_shown = stores.view.with(|view| view.tab) == Tab::Pair;
        let keys = stores.bars.map(|chart| chart.key().get());
        let topics = keys
            .iter()
            .flatten()
            .filter(|_| is_shown)
            .filter_map(Key::topic);
        stores.topics.set(Reader::Bars, topics.collect());
    });
}

/// An event of the stream.
pub(super) fn take(stores: Stores, topic: &str, kind: EventKind, data: &BarsData) {
    for chart in stores.bars {
        let key = chart.key().get_untracked();
        let Some(key) = key.filter(|key| key.topic().is_some_and(|of| of == topic)) else {
            continue;
        };
        let mut join = Join::Seamless;
        chart.series().update(|series| match kind {
            EventKind::Update => series.update(data.bars.rows()),
            EventKind::Snapshot => join = series.snapshot(data.bars.rows(), data.interval.ms()),
            EventKind::Reset => {
                series.distrust();
                series.snapshot(data.bars.rows(), data.interval.ms());
                join = Join::Torn;
            }
        });
        if join == Join::Torn {
            loader::load_latest(chart, key, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    #[test]
    fn a_wide_screen_takes_longer_bars_and_a_narrow_one_those_of_the_pair() {
        let range = |minutes: i64| TimeRange {
            from: 0,
            to: minutes * MINUTE,
        };
        assert_eq!(
            coarse_enough(Interval::M1.into(), range(1_999)),
            Interval::M1.into()
        );
        assert_eq!(
            coarse_enough(Interval::M1.into(), range(2_000)),
            Interval::M5.into()
        );
        assert_eq!(
            coarse_enough(Interval::M15.into(), range(100)),
            Interval::M15.into()
        );
        assert_eq!(
            coarse_enough(Interval::M1.into(), range(100_000_000)),
            Interval::D1.into()
        );
    }

    #[test]
    fn bars_of_long_ago_are_read_up_to_where_they_are_looked_at() {
        let now = 100_000 * MINUTE;
        let latest = TimeRange {
            from: now - 100 * MINUTE,
            to: now,
        };
        assert_eq!(
            until(Interval::M1.into(), Span::Last(1_000), latest, now),
            None
        );
        let past = TimeRange {
            from: 10_000 * MINUTE,
            to: 10_200 * MINUTE,
        };
        let end = until(Interval::M1.into(), Span::Last(1_000), past, now).unwrap();
        assert!(end >= past.to + past.span() / 2 && end % (1_000 * MINUTE) == 0);
        let end = until(Interval::M1.into(), Span::Between(past), past, now);
        assert_eq!(end, Some(past.to), "nothing after the range is shown");
    }
}
