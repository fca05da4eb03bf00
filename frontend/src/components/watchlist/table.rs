//! The list as a table that can be sorted.

use leptos::prelude::*;

use super::{add::AddPair, heading::Heading, row::Row};
use crate::{
    components::icon::{Icon, Shape},
    edge::download,
    model::watch::{self, Column},
    stores::{FeedStoreFields, Link, Stores},
};

/// Form, table, and the table as a file.
#[component]
pub(in crate::components) fn Watchlist() -> impl IntoView {
    let stores = Stores::from_context();
    let list = stores.watchlist;
    let sorted = Memo::new(move |_| {
        let sorting = stores.view.with(|view| view.sorting);
        let mut rows: Vec<_> = list
            .rows()
            .into_iter()
            .map(|(key, row)| (key, row.get()))
            .collect();
        let mut shown: Vec<_> = rows.iter_mut().map(|(_, row)| row.clone()).collect();
        sorting.sort(&mut shown);
        shown
    });
    // The order alone: a figure that changes must not build the table anew.
    let order = Memo::new(move |_| {
        sorted.with(|rows| rows.iter().map(|row| row.place).collect::<Vec<_>>())
    });
    let rows = move || {
        let held = list.rows();
        let of = |place: u32| held.iter().find(|(key, _)| key.place == place).cloned();
        order.get().into_iter().filter_map(of).collect::<Vec<_>>()
    };
    let is_empty = move || list.rows().is_empty();
    let save = move |_| {
        let text = sorted.with_untracked(|rows| watch::csv(rows));
        download::save("watchlist.csv", "text/csv", &text);
    };
    let is_lost = move || matches!(stores.feed.link().get(), Link::Lost { .. });
    view! {
        <section class="panel scroll" aria-labelledby="watchlist-title">
            <div class="toolbar">
                <h2 id="watchlist-title">"Watchlist"</h2>
                <span class="label num" data-testid="watch-count">
                    {move || match list.rows().len() { 0 => String::new(), 1 => "1 pair".to_owned(), n => format!("{n} pairs") }}
                </span>
                <div class="actions">
                    <button type="button" class="button" data-testid="watch-csv" title="The table as CSV" disabled=is_empty on:click=save>
                        <Icon shape=Shape::Download/>
                        <span>"CSV"</span>
                    </button>
                </div>
            </div>
            <AddPair/>
            <div class="table-box" class:stale=is_lost tabindex="0" role="region" aria-label="Followed pairs">
                <table class="table watchlist" data-testid="watchlist">
                    <thead>
                        <tr>
                            {Column::SHOWN.map(|column| view! { <Heading column/> })}
                            <th scope="col"><span class="sr-only">"Remove"</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=rows key=|(key, _)| *key let((_, row))>
                            <Row row/>
                        </For>
                    </tbody>
                </table>
                <Show when=is_empty>
                    <div class="empty" role="status" data-testid="state">
                        {move || if list.is_known() {
                            view! { <h3>"No pair is followed yet"</h3><p>"Add one above: its figures then run here, whether or not it is open in the pair view."</p> }.into_any()
                        } else {
                            view! { <p>"Reading the watchlist"</p> }.into_any()
                        }}
                    </div>
                </Show>
            </div>
        </section>
    }
}
