//! A number of a row.

use leptos::prelude::*;

use crate::model::format;

/// A cell that is as wide whatever it shows.
#[component]
pub(super) fn Figure(
    /// For tests and style sheets.
    name: &'static str,
    /// The number.
    #[prop(into)]
    value: Signal<Option<f64>>,
    /// Digits after the point.
    decimals: usize,
    /// Says what the number means, as a class.
    #[prop(into, optional)]
    class: Signal<&'static str>,
) -> impl IntoView {
    let text = Memo::new(move |_| {
        value.get().map_or_else(
            || format::UNKNOWN.to_owned(),
            |value| format::price(value, decimals),
        )
    });
    view! { <td class=move || format!("num {}", class.get()) data-figure=name>{text}</td> }
}
