//! The pairs of the scan on screen: filtered, sorted, a page at a time.

use api_types::{ScanFailure, ScanSort};
use leptos::prelude::*;

use super::{heading::Heading, row::Row};
use crate::stores::{MOST_SHOWN, PAGE, Stores};

/// Columns from left to right, after the pair.
const COLUMNS: [ScanSort; 11] = [
    ScanSort::Q,
    ScanSort::P,
    ScanSort::PYOnX,
    ScanSort::PXOnY,
    ScanSort::Z,
    ScanSort::Beta,
    ScanSort::HalfLife,
    ScanSort::Hurst,
    ScanSort::Correlation,
    ScanSort::Observations,
    ScanSort::FilledShare,
];

/// Nothing before the scan is done.
#[component]
pub(super) fn Outcome() -> impl IntoView {
    let scanner = Stores::from_context().scanner;
    let is_there = Memo::new(move |_| scanner.found.with(Option::is_some));
    let counts = Memo::new(move |_| {
        scanner.found.with(|found| {
            found
                .as_ref()
                .map_or((0, 0), |found| (found.pairs.len(), found.total))
        })
    });
    let has_more = move || {
        let (shown, total) = counts.get();
        (shown as u64) < total && shown < MOST_SHOWN
    };
    let more = move |_| {
        scanner
            .shown
            .update(|shown| *shown = (*shown + PAGE).min(MOST_SHOWN));
    };
    let rows = move || {
        scanner.found.with(|found| {
            let found = found.as_ref()?;
            let scan = StoredValue::new(found.scan.clone());
            let rows = found.pairs.iter().cloned();
            Some(rows.map(|pair| view! { <Row pair scan/> }).collect_view())
        })
    };
    view! {
        <Show when=move || is_there.get()>
            <Filter counts/>
            <div class="table-box" tabindex="0" role="region" aria-label="Scanned pairs">
                <table class="table" data-testid="scan-table">
                    <thead>
                        <tr>
                            <th scope="col" class="words">"Pair"</th>
                            {COLUMNS.map(|by| view! { <Heading by/> })}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
                <Show when=has_more>
                    <div class="empty">
                        <button type="button" class="button" data-testid="scan-more" on:click=more>"More"</button>
                    </div>
                </Show>
                <Failures/>
            </div>
        </Show>
    }
}

/// What narrows the table down; the link remembers it.
#[component]
fn Filter(counts: Memo<(usize, u64)>) -> impl IntoView {
    let stores = Stores::from_context();
    let symbol = move || stores.view.with(|view| view.scan.symbol.clone());
    let only_sure = Memo::new(move |_| stores.view.with(|view| view.scan.max_q.is_some()));
    let filter = move |text: String| {
        stores.scanner.shown.set(PAGE);
        stores.view.update(|view| view.scan.symbol = text);
    };
    let toggle = move |is_ticked: bool| {
        stores.scanner.shown.set(PAGE);
        stores
            .view
            .update(|view| view.scan.max_q = is_ticked.then_some(0.05));
    };
    let words = move || {
        let (shown, total) = counts.get();
        format!("{shown} of {total} pairs")
    };
    view! {
        <div class="form-line" role="search" aria-label="Filter pairs">
            <label class="field">
                <span class="field-name">"Symbol"</span>
                <input
                    class="input"
                    type="search"
                    autocomplete="off"
                    spellcheck="false"
                    data-field="filter"
                    prop:value=symbol
                    on:input=move |event| filter(event_target_value(&event))
                />
            </label>
            <label class="check">
                <input type="checkbox" data-field="maxQ" prop:checked=only_sure on:change=move |event| toggle(event_target_checked(&event))/>
                "Only q ≤ 0.05"
            </label>
            <span class="label num unit-note" data-testid="scan-count">{words}</span>
        </div>
    }
}

/// Pairs that could not be tested, with the reason.
#[component]
fn Failures() -> impl IntoView {
    let scanner = Stores::from_context().scanner;
    let failures = Memo::new(move |_| {
        scanner.found.with(|found| {
            found
                .as_ref()
                .map(|found| found.failures.clone())
                .unwrap_or_default()
        })
    });
    let line = |failure: ScanFailure| view! { <li>{words(&failure)}</li> };
    view! {
        <Show when=move || !failures.with(Vec::is_empty)>
            <details class="failures" data-testid="scan-failures">
                <summary>"Pairs that could not be tested"</summary>
                <ul>{move || failures.get().into_iter().map(line).collect_view()}</ul>
            </details>
        </Show>
    }
}

fn words(failure: &ScanFailure) -> String {
    let of = failure
        .symbol
        .as_ref()
        .map_or_else(String::new, |symbol| format!("{symbol}: "));
    format!("{} / {}: {of}{}", failure.y, failure.x, failure.reason)
}
