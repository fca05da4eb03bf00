//! The spread between its bands.

use leptos::prelude::*;

use super::{
    actions::Csv,
    legend::Entry,
    panel::Panel,
    point::{number, shown},
};
use crate::{
    charts::spread,
    stores::{PairStoreFields, Stores},
};

/// Spread, mean, mean ± entry·sd.
#[component]
pub(super) fn SpreadPanel() -> impl IntoView {
    let stores = Stores::from_context();
    let entry = Memo::new(move |_| stores.view.with(|view| view.pair.entry));
    let entries = Memo::new(move |_| {
        let point = shown(stores);
        let band = point.and_then(|point| point.band(entry.get()));
        vec![
            Entry::line(
                "Spread",
                "--spread",
                number(point.and_then(|point| point.spread), 6),
            ),
            Entry::line(
                "Mean",
                "--muted",
                number(point.and_then(|point| point.mean), 6),
            ),
            Entry::line(
                format!("±{} sd", entry.get()),
                "--band-edge",
                format!(
                    "{} … {}",
                    number(band.map(|band| band.0), 6),
                    number(band.map(|band| band.1), 6)
                ),
            ),
        ]
    });
    let draw = move |sheet: &crate::charts::Sheet| {
        stores.pair.with_untracked(|pair| {
            let points = pair.points_for(sheet.range).points();
            (!points.is_empty()).then(|| spread::figure(sheet, points, entry.get_untracked()))
        })
    };
    let track = move || {
        stores.pair.series().track();
        stores.pair.detail().track();
        entry.track();
    };
    view! {
        <Panel
            name="spread"
            title="Spread"
            label="Spread with its mean and bands"
            entries=entries.into()
            csv=Csv::Series
            draw=Box::new(draw)
            track=Box::new(track)
        />
    }
}
