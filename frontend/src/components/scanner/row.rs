//! A pair that was tested.

use api_types::{Scan, ScanPair};
use leptos::prelude::*;

use crate::{
    components::line::on_link,
    edge::address,
    model::{format, scan},
    stores::Stores,
};

/// A click opens the pair with the same bars, interval and transform.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a component owns its properties"
)]
#[component]
pub(super) fn Row(
    /// The pair.
    pair: ScanPair,
    /// The scan that it is of.
    scan: StoredValue<Scan>,
) -> impl IntoView {
    let stores = Stores::from_context();
    let title = format!(
        "{} / {}",
        scan::short(&pair.y, &pair.y_source),
        scan::short(&pair.x, &pair.x_source)
    );
    let name = title.clone();
    let view = scan.with_value(|scan| {
        let end_time = scan.summary.and_then(|summary| summary.end_time);
        scan::pair_view(&scan.params, &pair, end_time)
    });
    let href = address::query_of(&view);
    let view = StoredValue::new(view);
    let open = move || view.with_value(|view| stores.open_pair(view));
    let number = |value: Option<f64>, decimals| {
        value.map_or_else(
            || format::UNKNOWN.to_owned(),
            |value| format::price(value, decimals),
        )
    };
    let marked = |name: &str, is_marked: bool| {
        if is_marked {
            format!("num {name}")
        } else {
            "num".to_owned()
        }
    };
    let q_class = marked("good", pair.q <= 0.05);
    let z_class = marked("beyond", pair.z.is_some_and(|z| z.abs() >= 2.0));
    view! {
        <tr class="line" data-testid="scan-row" data-pair=name on:click=move |_| open()>
            <th scope="row" class="words"><a href=href on:click=on_link(open)>{title}</a></th>
            <td class=q_class data-figure="q">{format::p_value(pair.q)}</td>
            <td class="num" data-figure="p">{format::p_value(pair.p_pair)}</td>
            <td class="num" data-figure="pYOnX">{format::p_value(pair.p_y_on_x)}</td>
            <td class="num" data-figure="pXOnY">{format::p_value(pair.p_x_on_y)}</td>
            <td class=z_class data-figure="z">{number(pair.z, 2)}</td>
            <td class="num" data-figure="beta">{number(Some(pair.beta), 4)}</td>
            <td class="num" data-figure="halfLife">{number(pair.half_life_bars, 1)}</td>
            <td class="num" data-figure="hurst">{number(pair.hurst, 3)}</td>
            <td class="num" data-figure="correlation">{number(pair.correlation, 3)}</td>
            <td class="num" data-figure="observations">{format::count(i64::from(pair.observations))}</td>
            <td class="num" data-figure="filledShare">{format!("{:.1}\u{202f}%", 100.0 * pair.filled_share)}</td>
        </tr>
    }
}
