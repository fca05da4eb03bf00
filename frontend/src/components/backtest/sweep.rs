//! By which parameters: a grid of them, chosen by the formation part.

use api_types::{ScanState, Sweep};
use leptos::{ev::SubmitEvent, prelude::*};

use super::grid::Grid;
use crate::{
    components::form::{Complaint, Field},
    edge::api::ApiError,
    model::sweep,
    stores::Stores,
};

/// Fields that have a place of their own for what is wrong with them.
const FIELDS: [&str; 3] = ["windows", "entries", "exits"];

/// A form, how far the sweep is, and what came of it.
#[component]
pub(super) fn SweepPanel() -> impl IntoView {
    let stores = Stores::from_context();
    let sweeps = stores.sweeps;
    let text = |text: &str| RwSignal::new(text.to_owned());
    let windows = text("20, 40, 60, 90, 120");
    let entries = text("1, 1.5, 2, 2.5, 3");
    let exits = text("0, 0.5");
    let wrong = RwSignal::new(None::<&'static str>);
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let windows = windows.with_untracked(|text| sweep::whole_numbers(text));
        let entries = entries.with_untracked(|text| sweep::numbers(text));
        let exits = exits.with_untracked(|text| sweep::numbers(text));
        match (windows, entries, exits) {
            (Some(windows), Some(entries), Some(exits)) => {
                wrong.set(None);
                sweeps.ask(stores, windows, entries, exits);
            }
            (None, _, _) => wrong.set(Some("windows")),
            (_, None, _) => wrong.set(Some("entries")),
            (_, _, None) => wrong.set(Some("exits")),
        }
    };
    let complaint = move |field: &'static str| {
        Signal::derive(move || {
            let own = wrong.get().filter(|name| *name == field);
            own.map(|_| "Type numbers, separated by commas.".to_owned())
                .or_else(|| {
                    let of_server = |refusal: &Option<ApiError>| refusal.as_ref()?.about(field);
                    sweeps.refusal.with(of_server)
                })
        })
    };
    let general = Signal::derive(move || {
        sweeps
            .refusal
            .with(|refusal| refusal.as_ref()?.besides(&FIELDS))
    });
    let has_ended = Memo::new(move |_| sweeps.shown.with(Option::is_some) && !sweeps.is_busy());
    view! {
        <section class="panel" aria-labelledby="sweep-title" data-panel="sweep">
            <div class="toolbar">
                <h2 id="sweep-title">"Parameter sweep"</h2>
                <Show when=move || has_ended.get()>
                    <div class="actions">
                        <button type="button" class="button" data-testid="sweep-close" on:click=move |_| stores.view.update(|view| view.sweep = None)>"Close"</button>
                    </div>
                </Show>
            </div>
            <form class="form-line" aria-label="Sweep over parameters" novalidate on:submit=on_submit>
                <Field label="Windows" name="windows" value=windows complaint=complaint("windows")/>
                <Field label="Entries" name="entries" value=entries complaint=complaint("entries")/>
                <Field label="Exits" name="exits" value=exits complaint=complaint("exits")/>
                <button type="submit" class="button primary" data-testid="sweep-run" disabled=move || sweeps.is_busy()>"Sweep"</button>
                <Complaint text=general/>
            </form>
            {move || sweeps.shown.get().map(|sweep| view! { <Outcome sweep/> })}
        </section>
    }
}

#[component]
fn Outcome(sweep: Sweep) -> impl IntoView {
    let stores = Stores::from_context();
    match (sweep.state, sweep.result) {
        (ScanState::Done, Some(result)) => view! { <Grid result/> }.into_any(),
        (ScanState::Failed, _) => {
            view! { <p class="ctl-note" role="alert" data-testid="sweep-failed">{sweep.error}</p> }
                .into_any()
        }
        (state, _) => {
            let words = match state {
                ScanState::Queued => "Waits for its turn".to_owned(),
                _ => format!("{} of {} combinations", sweep.done, sweep.total),
            };
            view! {
                <p class="sweep-progress" role="status" data-testid="sweep-progress">
                    <progress max=sweep.total.max(1).to_string() value=sweep.done.to_string() aria-label="Combinations done"></progress>
                    <span class="num">{words}</span>
                    <button type="button" class="button" data-testid="sweep-cancel" on:click=move |_| stores.sweeps.cancel(stores)>"Cancel"</button>
                </p>
            }
            .into_any()
        }
    }
}
