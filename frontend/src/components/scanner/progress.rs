//! The scan on screen: which one, how far it is, and what came of it as a whole.

use api_types::{Scan, ScanState};
use leptos::prelude::*;

use crate::{
    components::icon::{Icon, Shape},
    edge::{api, clock},
    model::format,
    stores::Stores,
};

/// A choice of scans, and the chosen one in a line.
#[component]
pub(super) fn Progress() -> impl IntoView {
    let stores = Stores::from_context();
    let scanner = stores.scanner;
    let chosen = Memo::new(move |_| scanner.chosen(stores));
    let id = Memo::new(move |_| chosen.with(|scan| scan.as_ref().map(|scan| scan.id)));
    let state = Memo::new(move |_| chosen.with(|scan| scan.as_ref().map(|scan| scan.state)));
    let names = Memo::new(move |_| {
        scanner.scans.with(|scans| {
            let scans = scans.iter().flatten();
            scans
                .map(|scan| (scan.id, name_of(scan, stores)))
                .collect::<Vec<_>>()
        })
    });
    let is_done = move || state.get() == Some(ScanState::Done);
    let is_over = move || is_done() || state.get() == Some(ScanState::Failed);
    let words = Memo::new(move |_| chosen.with(|scan| scan.as_ref().map(words_of)));
    let share = move || {
        chosen.with(|scan| {
            let scan = scan.as_ref().filter(|scan| scan.total > 0)?;
            Some((scan.done as f64 / scan.total as f64).to_string())
        })
    };
    let csv = move || {
        let id = id.get()?;
        Some(stores.view.with(|view| api::scans::csv(id, &view.scan)))
    };
    let delete = move |_| {
        if let Some(id) = id.get_untracked() {
            scanner.delete(stores, id);
        }
    };
    view! {
        <Show when=move || id.get().is_some()>
            <div class="toolbar scan-line">
                <label class="field">
                    <span class="sr-only">"Scan"</span>
                    <select
                        class="input wide-choice"
                        data-field="scan"
                        on:change=move |event| scanner.show(stores, event_target_value(&event).parse().ok())
                    >
                        {move || names.get().into_iter().map(|(of, name)| view! {
                            <option value=of.to_string() selected=move || id.get() == Some(of)>{name}</option>
                        }).collect_view()}
                    </select>
                </label>
                <span role="status" data-testid="scan-state">{words}</span>
                <Show when=move || !is_over()>
                    // Without a value it says that something goes on.
                    <progress max="1" value=share data-testid="scan-progress" aria-label="Progress of the scan"></progress>
                </Show>
                <div class="actions">
                    <Show when=is_done>
                        <a class="button" data-testid="scan-csv" title="Every pair that the filters let through, as CSV" href=csv download="">
                            <Icon shape=Shape::Download/>
                            <span>"CSV"</span>
                        </a>
                    </Show>
                    <button type="button" class="button" data-testid="scan-delete" disabled=move || scanner.is_busy.get() on:click=delete>
                        {move || if is_over() { "Delete" } else { "Cancel" }}
                    </button>
                </div>
            </div>
        </Show>
    }
}

/// `#7 · 1h · 28 symbols · 08 Aug 2024`
fn name_of(scan: &Scan, stores: Stores) -> String {
    let made = clock::civil(scan.created_at, stores.preferences.zone());
    format!(
        "#{} · {} · {} symbols · {}",
        scan.id,
        scan.params.interval,
        scan.params.symbols.len(),
        made.date(),
    )
}

fn words_of(scan: &Scan) -> String {
    let count = |pairs: u64| format::count(i64::try_from(pairs).unwrap_or(i64::MAX));
    match (scan.state, &scan.summary) {
        (ScanState::Queued, _) => "Waits for its turn".to_owned(),
        (ScanState::Running, _) if scan.total == 0 => "Reading bars".to_owned(),
        (ScanState::Running, _) => {
            format!("{} of {} pairs", count(scan.done), count(scan.total))
        }
        (ScanState::Failed, _) => {
            let why = scan.error.as_deref().unwrap_or("nobody knows why");
            format!("Failed: {why}")
        }
        (ScanState::Done, None) => "Done".to_owned(),
        (ScanState::Done, Some(summary)) => {
            let failed = match summary.failures {
                0 => String::new(),
                n => format!(", {} could not be", count(n)),
            };
            format!(
                "{} {} tested{failed}; {} with p < 0.05, {} with q ≤ 0.05",
                count(summary.pairs),
                if summary.pairs == 1 { "pair" } else { "pairs" },
                count(summary.below_five_percent),
                count(summary.discoveries),
            )
        }
    }
}
