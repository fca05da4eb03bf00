//! All rules, and where each stands now.

use leptos::prelude::*;

use super::{draft::Draft, rule::Rule};
use crate::{
    components::{
        form::Complaint,
        icon::{Icon, Shape},
    },
    edge::download,
    model::export,
    stores::Stores,
};

/// A table of them.
#[component]
pub(super) fn Rules(
    /// What is being written.
    draft: RwSignal<Option<Draft>>,
) -> impl IntoView {
    let stores = Stores::from_context();
    let alerts = stores.alerts;
    let ids = Memo::new(move |_| {
        alerts.rules.with(|rules| {
            rules
                .iter()
                .flatten()
                .map(|rule| rule.id)
                .collect::<Vec<_>>()
        })
    });
    let is_empty = move || ids.with(Vec::is_empty);
    let save = move |_| {
        let text = alerts
            .rules
            .with_untracked(|rules| export::rules(rules.as_deref().unwrap_or_default()));
        download::save("alert-rules.csv", "text/csv", &text);
    };
    let write_new = move |_| {
        alerts.refusal.set(None);
        draft.set(Some(Draft::of_view(&stores.view.get_untracked())));
    };
    // The editor shows its own.
    let refusal = Signal::derive(move || {
        let is_free = draft.with(Option::is_none);
        alerts.refusal.with(|refusal| {
            refusal
                .as_ref()
                .filter(|_| is_free)
                .map(ToString::to_string)
        })
    });
    view! {
        <section class="panel natural" aria-labelledby="rules-title">
            <div class="toolbar">
                <h2 id="rules-title">"Rules"</h2>
                <div class="actions">
                    <button type="button" class="button" data-testid="rules-csv" title="The table as CSV" disabled=is_empty on:click=save>
                        <Icon shape=Shape::Download/>
                        <span>"CSV"</span>
                    </button>
                    <button type="button" class="button primary labelled" data-testid="rule-new" on:click=write_new>
                        <Icon shape=Shape::Plus/>
                        <span>"New rule"</span>
                    </button>
                </div>
            </div>
            <Complaint text=refusal/>
            <div class="table-box" tabindex="0" role="region" aria-label="Alert rules">
                <Show when=move || !is_empty()>
                    <table class="table" data-testid="rules">
                        <thead>
                            <tr>
                                <th scope="col" class="words">"Rule"</th>
                                <th scope="col" class="words">"State"</th>
                                <th scope="col">"Now"</th>
                                <th scope="col">"On"</th>
                                <th scope="col"><span class="sr-only">"Change"</span></th>
                            </tr>
                        </thead>
                        <tbody>
                            <For each=move || ids.get() key=|id| *id let(id)>
                                <Rule id draft/>
                            </For>
                        </tbody>
                    </table>
                </Show>
                <Show when=is_empty>
                    <div class="empty" role="status" data-testid="state">
                        {move || match (alerts.failure.get(), alerts.rules.with(Option::is_some)) {
                            (Some(why), false) => view! { <h3>"The rules could not be read"</h3><p>{format!("{why}. It is being tried again.")}</p> }.into_any(),
                            (None, false) => view! { <p>"Reading the rules"</p> }.into_any(),
                            (_, true) => view! { <h3>"No rule yet"</h3><p>"A rule is judged on the server, whether or not this page is open."</p> }.into_any(),
                        }}
                    </div>
                </Show>
            </div>
        </section>
    }
}
