//! A Kalman filter's hedge ratio over time.

use leptos::prelude::*;

use super::{
    actions::Csv,
    legend::Entry,
    panel::Panel,
    point::{number, shown},
};
use crate::{
    charts::hedge_ratio,
    stores::{PairStoreFields, Stores},
};

/// β and its standard deviation.
#[component]
pub(super) fn HedgeRatioPanel() -> impl IntoView {
    let stores = Stores::from_context();
    let entries = Memo::new(move |_| {
        let point = shown(stores);
        vec![
            Entry::line(
                "β",
                "--kalman",
                number(point.and_then(|point| point.beta), 5),
            ),
            Entry::line(
                "± sd",
                "--kalman-band",
                number(point.and_then(|point| point.beta_sd), 3),
            ),
        ]
    });
    let draw = move |sheet: &crate::charts::Sheet| {
        stores.pair.with_untracked(|pair| {
            let points = pair.points_for(sheet.range).points();
            (!points.is_empty()).then(|| hedge_ratio::figure(sheet, points))
        })
    };
    let track = move || {
        stores.pair.series().track();
        stores.pair.detail().track();
    };
    view! {
        <Panel
            name="hedge-ratio"
            title="Kalman hedge ratio"
            label="Hedge ratio of the Kalman filter with its standard deviation"
            entries=entries.into()
            csv=Csv::Series
            draw=Box::new(draw)
            track=Box::new(track)
        />
    }
}
