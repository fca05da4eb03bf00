//! A line of the radar.

use api_types::RadarRow;
use leptos::prelude::*;

use crate::{
    components::line::on_link,
    edge::address,
    model::{format, radar, scan},
    stores::Stores,
};

/// The pair that stands there now. A click opens it.
#[component]
pub(super) fn Row(
    /// Which line, from 0.
    place: usize,
) -> impl IntoView {
    let stores = Stores::from_context();
    let row = Memo::new(move |_| {
        stores
            .radar
            .0
            .with(|data| data.as_ref()?.rows.get(place).cloned())
    });
    let title = Memo::new(move |_| {
        row.with(|row| {
            row.as_ref().map_or_else(String::new, |row| {
                let [y, x] = [&row.y, &row.x].map(|name| scan::short(name, "live"));
                format!("{y} / {x}")
            })
        })
    });
    let view = move || {
        let scan = stores.radar.0.with(|data| data.as_ref()?.scan)?;
        row.with(|row| row.as_ref().map(|row| radar::pair_view(&scan, row)))
    };
    let href = Memo::new(move |_| view().map(|view| address::query_of(&view)));
    let open = move || {
        if let Some(view) = untrack(view) {
            stores.open_pair(&view);
        }
    };
    let figure = move |of: fn(&RadarRow) -> Option<f64>, decimals: usize| {
        let value = row.with(|row| row.as_ref().and_then(of));
        value.map_or_else(
            || format::UNKNOWN.to_owned(),
            |value| format::price(value, decimals),
        )
    };
    let p = move |of: fn(&RadarRow) -> f64| {
        row.with(|row| row.as_ref().map(|row| format::p_value(of(row))))
    };
    let is_beyond = move || row.with(|row| row.as_ref().is_some_and(|row| row.z.abs() >= 2.0));
    view! {
        <tr class="line" data-testid="radar-row" data-pair=title on:click=move |_| open()>
            <th scope="row" class="words"><a href=href on:click=on_link(open)>{title}</a></th>
            <td class="num" class:beyond=is_beyond data-figure="z">{move || figure(|row| Some(row.z), 2)}</td>
            <td class="num" data-figure="spread">{move || figure(|row| row.spread, 5)}</td>
            <td class="num" data-figure="beta">{move || figure(|row| row.beta, 4)}</td>
            <td class="num" data-figure="correlation">{move || figure(|row| row.correlation, 3)}</td>
            <td class="num" data-figure="q">{move || p(|row| row.q)}</td>
            <td class="num" data-figure="p">{move || p(|row| row.p_y_on_x)}</td>
            <td class="num" data-figure="halfLife">{move || figure(|row| row.half_life_bars, 1)}</td>
        </tr>
    }
}
