//! The head of a column.

use leptos::prelude::*;

use crate::{model::watch::Column, stores::Stores};

/// A click sorts by it; a second one turns the order round, a third one leaves it as the list is.
#[component]
pub(super) fn Heading(
    /// Which column.
    column: Column,
) -> impl IntoView {
    let stores = Stores::from_context();
    let sorting = Memo::new(move |_| stores.view.with(|view| view.sorting));
    let order = move || {
        let sorting = sorting.get();
        (sorting.column == column).then_some(if sorting.is_descending {
            "descending"
        } else {
            "ascending"
        })
    };
    let mark = move || match order() {
        Some("descending") => "▼",
        Some(_) => "▲",
        None => "",
    };
    let (name, meaning) = words(column);
    view! {
        <th scope="col" class:words=column == Column::Pair aria-sort=order>
            <button
                type="button"
                class="heading"
                data-sort=column.word()
                title=meaning
                on:click=move |_| stores.view.update(|view| view.sorting = view.sorting.clicked(column))
            >
                {name}
                <span class="order" aria-hidden="true">{mark}</span>
            </button>
        </th>
    }
}

const fn words(column: Column) -> (&'static str, &'static str) {
    match column {
        Column::Place | Column::Pair => ("Pair", "y against x, and how it is fitted"),
        Column::Z => (
            "z",
            "How far the spread is from its mean, in standard deviations; sorted by size",
        ),
        Column::Spread => ("Spread", "ln y − α − β·ln x"),
        Column::Beta => ("β", "Hedge ratio in force"),
        Column::P => (
            "p",
            "Engle-Granger p of y on x; below 0.05 the pair counts as cointegrated",
        ),
        Column::HalfLife => ("Half-life", "Time in which half of a deviation is gone"),
        Column::Correlation => ("Corr.", "Rolling correlation"),
        Column::Age => ("Age", "Since the figures were computed"),
    }
}
