//! The uploads that are there.

use api_types::Dataset;
use leptos::prelude::*;

use super::analyse_link::AnalyseLink;
use crate::{
    components::{
        form::Complaint,
        icon::{Icon, Shape},
    },
    edge::{api, clock, download},
    model::{export, format},
    stores::Stores,
};

/// The newest first.
#[component]
pub(super) fn Datasets() -> impl IntoView {
    let stores = Stores::from_context();
    let is_empty = move || stores.datasets.with(Vec::is_empty);
    let save = move |_| {
        let text = stores.datasets.with_untracked(|all| export::datasets(all));
        download::save("uploads.csv", "text/csv", &text);
    };
    let failure = Signal::derive(move || {
        stores
            .uploads
            .failure
            .with(|failure| failure.as_ref().map(ToString::to_string))
    });
    view! {
        <section class="panel natural" aria-labelledby="datasets-title">
            <div class="toolbar">
                <h2 id="datasets-title">"Uploads"</h2>
                <div class="actions">
                    <button type="button" class="button" data-testid="datasets-csv" title="The table as CSV" disabled=is_empty on:click=save>
                        <Icon shape=Shape::Download/>
                        <span>"CSV"</span>
                    </button>
                </div>
            </div>
            <Complaint text=failure/>
            <div class="table-box" tabindex="0" role="region" aria-label="Uploads">
                <Show when=move || !is_empty()>
                    <table class="table" data-testid="datasets">
                        <thead>
                            <tr>
                                <th scope="col" class="words">"Name"</th>
                                <th scope="col">"Rows"</th>
                                <th scope="col" class="words">"From, to"</th>
                                <th scope="col"><span class="sr-only">"Use"</span></th>
                            </tr>
                        </thead>
                        <tbody>
                            <For each=move || stores.datasets.get() key=|dataset| dataset.id let(dataset)>
                                <Line dataset/>
                            </For>
                        </tbody>
                    </table>
                </Show>
                <Show when=is_empty>
                    <div class="empty" role="status" data-testid="state">
                        {move || if stores.uploads.is_known.get() {
                            view! { <h3>"Nothing is uploaded yet"</h3><p>"An upload makes a pair with another one, or with the feed."</p> }.into_any()
                        } else {
                            view! { <p>"Reading the uploads"</p> }.into_any()
                        }}
                    </div>
                </Show>
            </div>
        </section>
    }
}

#[component]
fn Line(dataset: Dataset) -> impl IntoView {
    let stores = Stores::from_context();
    let id = dataset.id;
    let name = dataset.name.clone();
    let series = match &dataset.series[..] {
        [only] => only.symbol.clone(),
        several => format!("{} series", several.len()),
    };
    let interval = dataset
        .series
        .iter()
        .find_map(|series| series.interval)
        .map(|interval| format!(" · {interval}"));
    let first = dataset.series.iter().map(|series| series.first).min();
    let last = dataset.series.iter().map(|series| series.last).max();
    let date = move |time: Option<i64>| {
        time.map(|time| clock::civil(time, stores.preferences.zone()).date())
    };
    let is_sure = RwSignal::new(false);
    let delete = move |_| {
        if is_sure.get_untracked() {
            stores.uploads.delete(stores, id);
        }
        is_sure.update(|sure| *sure = !*sure);
    };
    let is_open = move || {
        stores.uploads.opened.with(|opened| {
            opened
                .as_ref()
                .is_some_and(|opened| opened.dataset.id == id)
        })
    };
    let (label, delete_label) = (name.clone(), name.clone());
    view! {
        <tr data-testid="dataset" data-dataset=id.to_string()>
            <th scope="row" class="words">
                <button type="button" class="link" data-testid="dataset-open" aria-expanded=move || is_open().to_string() on:click=move |_| stores.view.update(|view| view.dataset = Some(id))>{name}</button>
                <span class="under">{series}{interval}</span>
            </th>
            <td class="num">{format::count(dataset_rows(stores, id))}</td>
            <td class="words num">{move || date(first)}<span class="under">{move || date(last)}</span></td>
            <td class="tail">
                <AnalyseLink id label=format!("Analyse {label}")/>
                <a class="button icon-button plain" href=api::datasets::csv(id) download data-testid="dataset-csv" title="All rows as CSV" aria-label=format!("{label} as CSV")>
                    <Icon shape=Shape::Download/>
                </a>
                <button
                    type="button"
                    class="button plain"
                    class:icon-button=move || !is_sure.get()
                    data-testid="dataset-delete"
                    title="Delete"
                    aria-label=move || if is_sure.get() { format!("Yes, delete {delete_label}") } else { format!("Delete {delete_label}") }
                    on:click=delete
                    on:blur=move |_| is_sure.set(false)
                >
                    {move || if is_sure.get() { "Delete?".into_any() } else { view! { <Icon shape=Shape::Cross/> }.into_any() }}
                </button>
            </td>
        </tr>
    }
}

fn dataset_rows(stores: Stores, id: i64) -> i64 {
    stores.datasets.with_untracked(|all| {
        all.iter()
            .find(|dataset| dataset.id == id)
            .map_or(0, |dataset| dataset.rows)
    })
}
