//! One leg's candles with volume.

use leptos::prelude::*;

use super::{
    Side,
    actions::{Csv, Made},
    legend::Entry,
    panel::Panel,
    point::shown,
};
use crate::{
    charts::{candles, closes},
    model::{
        PairPoint, csv,
        draw::{self, Drawn},
        format,
        pair::export,
    },
    stores::{ChartStoreFields, PairStoreFields, Stores},
};

/// Candles for what the feed has, a line of closes for an upload without prices of its own.
#[component]
pub(super) fn CandlePanel(side: Side) -> impl IntoView {
    let stores = Stores::from_context();
    let bars = stores.bars[side.index()];
    let name = match side {
        Side::Y => "y-candles",
        Side::X => "x-candles",
    };
    let title = Signal::derive(move || {
        stores
            .view
            .with(|view| view.pair.legs()[side.index()].short().to_owned())
    });
    let decimals = Memo::new(move |before: Option<&usize>| {
        let found = bars.series().with(|series| {
            let recent = series.rows().iter().rev().take(50);
            recent
                .map(|bar| format::decimals(bar.close))
                .max()
                .unwrap_or(0)
        });
        // Within a symbol it only grows, so that nothing jumps.
        found
            .max(before.copied().filter(|_| found > 0).unwrap_or(0))
            .max(2)
    });
    // An upload may have closes alone.
    let has_bars = Memo::new(move |_| {
        let is_traded = stores.legs.get()[side.index()]
            .as_ref()
            .is_some_and(|leg| leg.instrument.is_some());
        is_traded || bars.series().with(|series| series.first().is_some())
    });
    // Bars and times are there, though the analysis may take more of them.
    let stands_alone = Memo::new(move |_| {
        let is_there = bars.series().with(|series| series.first().is_some());
        is_there && stores.screen.range.get().is_some()
    });
    // As drawn: a candle may stand for several bars.
    let drawn = RwSignal::new(None::<Drawn>);
    let entries = Memo::new(move |_| {
        let places = decimals.get();
        let price = |value: f64| format::price(value, places);
        if !has_bars.get() {
            let close = shown(stores).map(|point| if side == Side::Y { point.y } else { point.x });
            return vec![Entry::number(
                "Close",
                close.map_or_else(
                    || format::UNKNOWN.to_owned(),
                    |close| super::point::number(Some(close), 7),
                ),
            )];
        }
        let time = stores.crosshair.get();
        let (bar, width) = drawn.with(|drawn| {
            let Some(drawn) = drawn else { return (None, 1) };
            let candles = &drawn.candles;
            let bar = match time {
                Some(time) => {
                    let after = candles.partition_point(|candle| candle.time <= time);
                    after.checked_sub(1).and_then(|at| candles.get(at))
                }
                None => candles.last(),
            };
            (bar.copied(), drawn.bars_per_candle)
        });
        let read = |of: fn(&api_types::BarRow) -> f64| {
            bar.as_ref()
                .map_or_else(|| format::UNKNOWN.to_owned(), |bar| price(of(bar)))
        };
        let volume = bar.as_ref().map_or_else(
            || format::UNKNOWN.to_owned(),
            |bar| format::compact(bar.volume),
        );
        let interval_ms = bars
            .key()
            .with(|key| key.as_ref().map_or(0, |key| key.interval.ms()));
        vec![
            Entry::number("O", read(|bar| bar.open)),
            Entry::number("H", read(|bar| bar.high)),
            Entry::number("L", read(|bar| bar.low)),
            Entry::number("C", read(|bar| bar.close)),
            Entry::number("Vol", volume),
            Entry::number("per", format::span(width * interval_ms)),
        ]
    });
    let draw = move |sheet: &crate::charts::Sheet| {
        if !has_bars.get_untracked() {
            let (close, colour): (fn(&PairPoint) -> f64, _) = match side {
                Side::Y => (|point| point.y, &sheet.palette.y),
                Side::X => (|point| point.x, &sheet.palette.x),
            };
            return stores.pair.with_untracked(|pair| {
                let points = pair.points_for(sheet.range).points();
                (!points.is_empty()).then(|| closes::figure(sheet, points, close, colour))
            });
        }
        let interval_ms = bars
            .key()
            .with_untracked(|key| key.as_ref().map(|key| key.interval.ms()))?;
        bars.series().with_untracked(|series| {
            let last = series
                .last()
                .map(|bar| (bar.close, bar.close >= bar.open))?;
            let selected = draw::select(
                series.rows(),
                sheet.range,
                interval_ms,
                sheet.most_candles(),
            );
            let figure = candles::figure(sheet, &selected, last, decimals.get_untracked());
            drawn.set(Some(selected));
            Some(figure)
        })
    };
    let track = move || {
        bars.series().track();
        if !has_bars.get() {
            stores.pair.series().track();
        }
    };
    let csv = Csv::Made(Callback::new(move |()| {
        let range = stores.screen.range.get_untracked()?;
        if has_bars.get_untracked() {
            let text = bars
                .series()
                .with_untracked(|series| csv::bars(series.rows(), range));
            // Of a long range longer bars are held than the pair's.
            let interval = bars
                .key()
                .with_untracked(|key| key.as_ref().map(|key| key.interval));
            return Some(Made { text, interval });
        }
        let close = |point: &PairPoint| if side == Side::Y { point.y } else { point.x };
        stores
            .pair
            .with_untracked(|pair| Some(export::closes(pair.series.points(), range, close).into()))
    }));
    view! {
        <Panel
            name=name
            class="candles"
            title=title
            label="Candles with volume"
            entries=entries.into()
            csv=csv
            draw=Box::new(draw)
            track=Box::new(track)
            stands_alone
        />
    }
}
