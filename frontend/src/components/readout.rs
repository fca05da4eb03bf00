//! The numbers of the bar under the pointer, or of the latest.

use api_types::BarRow;
use leptos::prelude::*;

use crate::{edge::clock, model::format, stores::Stores};

/// A bar and how many bars of the interval it stands for.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Reading {
    pub(super) bar: BarRow,
    pub(super) bars: i64,
}

/// One line above the chart.
#[component]
pub(super) fn Readout(
    /// What to read out.
    reading: Signal<Option<Reading>>,
    /// Decimals of the prices.
    decimals: Signal<usize>,
) -> impl IntoView {
    let stores = Stores::from_context();
    let time = move || {
        let interval_ms = stores.view.with(|view| view.interval.ms());
        reading.get().map(|reading| {
            clock::civil(reading.bar.time, stores.preferences.zone()).bar_start(interval_ms)
        })
    };
    let number = move |read: fn(&BarRow) -> f64| {
        move || {
            let text = reading
                .get()
                .map(|reading| format::price(read(&reading.bar), decimals.get()));
            text.unwrap_or_else(|| format::UNKNOWN.to_owned())
        }
    };
    let side = move || match reading
        .get()
        .map(|reading| reading.bar.close >= reading.bar.open)
    {
        Some(true) => "reading num up",
        Some(false) => "reading num down",
        None => "reading num none",
    };
    let change = move || {
        let text = reading
            .get()
            .map(|reading| format::change(reading.bar.open, reading.bar.close));
        text.unwrap_or_else(|| format::UNKNOWN.to_owned())
    };
    let amount = move |read: fn(&BarRow) -> f64| {
        move || {
            let text = reading
                .get()
                .map(|reading| format::compact(read(&reading.bar)));
            text.unwrap_or_else(|| format::UNKNOWN.to_owned())
        }
    };
    let note = move || {
        let reading = reading.get()?;
        let note = if !reading.bar.complete {
            "incomplete: trades are missing".to_owned()
        } else if reading.bars > 1 {
            format!("{} bars a candle", reading.bars)
        } else if !reading.bar.closed {
            "open".to_owned()
        } else {
            return None;
        };
        Some(view! { <span class="note">{note}</span> })
    };
    view! {
        <p class=side data-testid="readout">
            <span class="reading-time">{time}</span>
            <span><b>"O"</b>{number(|bar| bar.open)}</span>
            <span><b>"H"</b>{number(|bar| bar.high)}</span>
            <span><b>"L"</b>{number(|bar| bar.low)}</span>
            <span><b>"C"</b>{number(|bar| bar.close)}</span>
            <span class="reading-change">{change}</span>
            <span><b>"Vol"</b>{amount(|bar| bar.volume)}</span>
            <span class="reading-trades"><b>"Trades"</b>{move || reading.get().map_or_else(|| format::UNKNOWN.to_owned(), |reading| format::count(reading.bar.trades))}</span>
            {note}
        </p>
    }
}
