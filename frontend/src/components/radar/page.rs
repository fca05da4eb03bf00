//! The radar: the cointegrated pairs that are furthest from their mean.

use api_types::RadarData;
use leptos::prelude::*;

use super::row::Row;
use crate::{
    components::icon::{Icon, Shape},
    edge::{clock, download},
    model::{Tab, format, radar},
    stores::{FeedStoreFields, Link, Stores},
};

/// Headings with what they mean, after the pair.
const HEADINGS: [(&str, &str); 7] = [
    (
        "z",
        "How far the spread is from its mean now, in standard deviations",
    ),
    ("Spread", "ln y − α − β·ln x"),
    ("β", "Hedge ratio in force"),
    ("Corr.", "Rolling correlation of returns"),
    (
        "q",
        "Of the scan: the share of false discoveries among this pair and all better ones",
    ),
    ("p y|x", "Of the scan: Engle-Granger p of y on x"),
    (
        "Half-life",
        "Of the scan: bars in which half of a deviation is gone",
    ),
];

/// The strongest first.
#[component]
pub(in crate::components) fn Radar() -> impl IntoView {
    let stores = Stores::from_context();
    let data = stores.radar.0;
    let places =
        Memo::new(move |_| data.with(|data| data.as_ref().map_or(0, |data| data.rows.len())));
    let is_lost = move || matches!(stores.feed.link().get(), Link::Lost { .. });
    let save = move |_| {
        data.with_untracked(|data| {
            let Some(RadarData {
                scan: Some(scan),
                rows,
                ..
            }) = data
            else {
                return;
            };
            download::save("radar.csv", "text/csv", &radar::csv(scan, rows));
        });
    };
    view! {
        <section class="panel scroll" aria-labelledby="radar-title">
            <div class="toolbar">
                <h2 id="radar-title">"Radar"</h2>
                <span class="label num" data-testid="radar-count">{move || data.with(|data| data.as_ref().map(counts))}</span>
                <div class="actions">
                    <button type="button" class="button" data-testid="radar-csv" title="The table as CSV" disabled=move || places.get() == 0 on:click=save>
                        <Icon shape=Shape::Download/>
                        <span>"CSV"</span>
                    </button>
                </div>
            </div>
            <p class="label scan-line" data-testid="radar-basis">{move || data.with(|data| data.as_ref().and_then(|data| basis(data, stores)))}</p>
            <div class="table-box" class:stale=is_lost tabindex="0" role="region" aria-label="Pairs that move now">
                <table class="table" data-testid="radar">
                    <thead>
                        <tr>
                            <th scope="col" class="words">"Pair"</th>
                            {HEADINGS.map(|(name, meaning)| view! { <th scope="col" title=meaning>{name}</th> })}
                        </tr>
                    </thead>
                    // A line for each place: pairs change places, lines do not.
                    <tbody>
                        <For each=move || 0..places.get() key=|place| *place let(place)>
                            <Row place/>
                        </For>
                    </tbody>
                </table>
                <Show when=move || places.get() == 0>
                    <div class="empty" role="status" data-testid="state">
                        {move || {
                            let (head, text) = data.with(|data| nothing(data.as_ref()));
                            view! { <h3>{head}</h3><p>{text}</p> }
                        }}
                        <button type="button" class="button" on:click=move |_| stores.show_tab(Tab::Scanner)>"To the scanner"</button>
                    </div>
                </Show>
            </div>
        </section>
    }
}

fn counts(data: &RadarData) -> String {
    format!(
        "{} pairs of {} symbols followed, {} with |z| ≥ 2; {} cointegrated",
        format::count(i64::from(data.pairs)),
        data.symbols,
        format::count(i64::from(data.beyond)),
        format::count(i64::from(data.cointegrated)),
    )
}

fn basis(data: &RadarData, stores: Stores) -> Option<String> {
    let scan = data.scan?;
    let ended = clock::civil(scan.ended_at, stores.preferences.zone());
    Some(format!(
        "Bars of {}, lookback {}, window {}, as in scan #{} of {}",
        scan.interval,
        scan.lookback,
        scan.window,
        scan.id,
        ended.date(),
    ))
}

/// Why there are no rows.
const fn nothing(data: Option<&RadarData>) -> (&'static str, &'static str) {
    match data {
        None => ("", "Reading the radar"),
        Some(RadarData { ready: false, .. }) => ("", "Reading bars of all pairs"),
        Some(RadarData { scan: None, .. }) => (
            "Nothing is scanned yet",
            "The radar shows the pairs that the last scan of live symbols found cointegrated.",
        ),
        Some(RadarData {
            cointegrated: 0, ..
        }) => (
            "No pair is cointegrated",
            "The last scan found none with q ≤ 0.05: what looks like one may be chance.",
        ),
        Some(_) => (
            "No figures yet",
            "There are too few bars of the pairs that the scan found.",
        ),
    }
}
