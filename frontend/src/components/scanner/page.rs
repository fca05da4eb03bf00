//! The scanner: form, the scan on screen, its pairs.

use leptos::prelude::*;

use super::{form::ScanForm, outcome::Outcome, progress::Progress};
use crate::{components::form::Complaint, stores::Stores};

/// What to scan, and what came of it.
#[component]
pub(in crate::components) fn Scanner() -> impl IntoView {
    let stores = Stores::from_context();
    let scanner = stores.scanner;
    let failure = Signal::derive(move || {
        scanner
            .failure
            .with(|failure| failure.as_ref().map(ToString::to_string))
    });
    let is_empty = move || {
        let is_waiting = scanner.scans.with(Option::is_none);
        scanner.chosen(stores).is_none() && !(is_waiting && failure.with(Option::is_some))
    };
    let named = move || stores.view.with(|view| view.scan.id);
    view! {
        <section class="panel scroll" aria-labelledby="scanner-title">
            <div class="toolbar"><h2 id="scanner-title">"Scanner"</h2></div>
            <ScanForm/>
            <Complaint text=failure/>
            <Progress/>
            <Outcome/>
            <Show when=is_empty>
                <div class="empty" role="status" data-testid="state">
                    {move || match (scanner.scans.with(Option::is_some), named()) {
                        (false, _) => view! { <p>"Reading the scans"</p> }.into_any(),
                        (true, Some(id)) => view! {
                            <h3>{format!("Scan #{id} is not there any more")}</h3>
                            <button type="button" class="button" data-testid="scan-newest" on:click=move |_| scanner.show(stores, None)>"Show the newest"</button>
                        }.into_any(),
                        (true, None) => view! { <h3>"Nothing is scanned yet"</h3><p>"A scan tests every pair of the chosen symbols for cointegration, both ways round, and corrects for how many were tested."</p> }.into_any(),
                    }}
                </div>
            </Show>
        </section>
    }
}
