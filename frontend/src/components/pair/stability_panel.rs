//! How steady the pair is.

use leptos::prelude::*;

use super::{actions::Csv, legend::Entry, panel::Panel, point::number};
use crate::{
    charts::stability,
    model::{format, pair::export},
    stores::{PairStoreFields, Stores},
};

/// Rolling β and rolling p.
#[component]
pub(super) fn StabilityPanel() -> impl IntoView {
    let stores = Stores::from_context();
    let entries = Memo::new(move |_| {
        let time = stores.crosshair.get();
        stores.pair.stability().with(|columns| {
            let count = columns.time.len();
            let at = match time {
                Some(time) => columns
                    .time
                    .partition_point(|known| *known <= time)
                    .checked_sub(1),
                None => count.checked_sub(1),
            };
            let value = |column: &[Option<f64>]| column.get(at?).copied().flatten();
            let error = value(&columns.beta_se).map(|error| 2.0 * error);
            let p = value(&columns.p_value)
                .map_or_else(|| format::UNKNOWN.to_owned(), |p| format::price(p, 3));
            vec![
                Entry::line(
                    format!("β of {} bars", columns.lookback),
                    "--spread",
                    number(value(&columns.beta), 5),
                ),
                Entry::line("± 2 HAC se", "--band-edge", number(error, 3)),
                Entry::line("Engle-Granger p", "--correlation", p),
            ]
        })
    });
    let draw = move |sheet: &crate::charts::Sheet| {
        stores.pair.stability().with_untracked(|columns| {
            (!columns.time.is_empty()).then(|| stability::figure(sheet, columns))
        })
    };
    let csv = Csv::Made(Callback::new(move |()| {
        stores.pair.stability().with_untracked(|columns| {
            (!columns.time.is_empty()).then(|| export::stability(columns).into())
        })
    }));
    view! {
        <Panel
            name="stability"
            class="tall"
            title="Stability"
            label="Rolling least-squares hedge ratio with two standard errors, and rolling Engle-Granger p"
            entries=entries.into()
            csv=csv
            draw=Box::new(draw)
            track=Box::new(move || stores.pair.stability().track())
        />
    }
}
