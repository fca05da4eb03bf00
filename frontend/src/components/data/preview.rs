//! The first rows of a series.

use api_types::DatasetPreview;
use leptos::prelude::*;

use crate::{edge::clock, model::format, stores::Stores};

/// A small table.
#[component]
pub(super) fn Preview(
    /// The rows.
    preview: DatasetPreview,
) -> impl IntoView {
    let stores = Stores::from_context();
    let rows = preview.rows;
    let number = |column: &[Option<f64>], at: usize| {
        let value = column.get(at).copied().flatten();
        value.map_or_else(
            || format::UNKNOWN.to_owned(),
            |value| format::price(value, format::decimals(value)),
        )
    };
    let lines = (0..rows.time.len()).map(|at| {
        let time = rows.time[at];
        let when = move || clock::civil(time, stores.preferences.zone()).bar_start(1_000);
        let close = rows
            .close
            .get(at)
            .map(|close| format::price(*close, format::decimals(*close)));
        view! {
            <tr>
                <td class="num words">{when}</td>
                <td class="num">{number(&rows.open, at)}</td>
                <td class="num">{number(&rows.high, at)}</td>
                <td class="num">{number(&rows.low, at)}</td>
                <td class="num">{close}</td>
                <td class="num">{number(&rows.volume, at)}</td>
            </tr>
        }
    });
    view! {
        <table class="table small" data-testid="preview">
            <caption>{format!("{}, first rows", preview.symbol)}</caption>
            <thead>
                <tr>
                    <th scope="col" class="words">"Time"</th>
                    <th scope="col">"Open"</th>
                    <th scope="col">"High"</th>
                    <th scope="col">"Low"</th>
                    <th scope="col">"Close"</th>
                    <th scope="col">"Volume"</th>
                </tr>
            </thead>
            <tbody>{lines.collect_view()}</tbody>
        </table>
    }
}
