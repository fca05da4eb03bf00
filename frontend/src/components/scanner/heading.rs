//! The head of a column.

use api_types::{ScanSort, SortOrder};
use leptos::prelude::*;

use crate::stores::{PAGE, Stores};

/// A click sorts by it; a second one turns the order round, a third one sorts by p again.
#[component]
pub(super) fn Heading(
    /// By what it sorts.
    by: ScanSort,
) -> impl IntoView {
    let stores = Stores::from_context();
    let sorting = Memo::new(move |_| stores.view.with(|view| view.scan.sorting));
    let order = move || {
        let sorting = sorting.get();
        (sorting.by == by).then_some(match sorting.order {
            SortOrder::Descending => "descending",
            SortOrder::Ascending => "ascending",
        })
    };
    let mark = move || match order() {
        Some("descending") => "▼",
        Some(_) => "▲",
        None => "",
    };
    let (name, meaning) = words(by);
    let sort = move |_| {
        stores.scanner.shown.set(PAGE);
        stores
            .view
            .update(|view| view.scan.sorting = view.scan.sorting.clicked(by));
    };
    view! {
        <th scope="col" aria-sort=order>
            <button type="button" class="heading" data-sort=by.as_str() title=meaning on:click=sort>
                {name}
                <span class="order" aria-hidden="true">{mark}</span>
            </button>
        </th>
    }
}

const fn words(by: ScanSort) -> (&'static str, &'static str) {
    match by {
        ScanSort::P => (
            "p",
            "One Engle-Granger p of both directions: twice the smaller one",
        ),
        ScanSort::Q => (
            "q",
            "p corrected for the number of pairs: the share of false discoveries among this pair and all better ones",
        ),
        ScanSort::PYOnX => ("p y|x", "Engle-Granger p of y on x"),
        ScanSort::PXOnY => ("p x|y", "Engle-Granger p of x on y"),
        ScanSort::Beta => ("β", "In-sample hedge ratio of logarithms"),
        ScanSort::HalfLife => ("Half-life", "Bars in which half of a deviation is gone"),
        ScanSort::Hurst => (
            "Hurst",
            "Exponent of the residuals: 0.5 for a random walk, less for one that returns",
        ),
        ScanSort::Correlation => ("Corr.", "Correlation of log returns"),
        ScanSort::Z => ("z", "Walk-forward z-score of the last bar; sorted by size"),
        ScanSort::Observations => ("Bars", "Joined bars that were tested"),
        ScanSort::FilledShare => (
            "Filled",
            "Share of bars in which a close is carried forward",
        ),
    }
}
