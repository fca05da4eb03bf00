//! The rolling correlation.

use api_types::CorrelationOf;
use leptos::prelude::*;

use super::{
    actions::Csv,
    legend::Entry,
    panel::Panel,
    point::{shown, signed},
};
use crate::{
    charts::correlation,
    stores::{PairStoreFields, Stores},
};

/// Pearson's correlation over the window.
#[component]
pub(super) fn CorrelationPanel() -> impl IntoView {
    let stores = Stores::from_context();
    let name = Memo::new(move |_| {
        stores.view.with(|view| {
            let of = match view.pair.correlation_of {
                CorrelationOf::Returns => "returns",
                CorrelationOf::Levels => "levels",
            };
            format!("of {of}, {} bars", view.pair.window)
        })
    });
    let entries = Memo::new(move |_| {
        let value = shown(stores).and_then(|point| point.correlation);
        vec![Entry::line(name.get(), "--correlation", signed(value, 3))]
    });
    let draw = move |sheet: &crate::charts::Sheet| {
        stores.pair.with_untracked(|pair| {
            let points = pair.points_for(sheet.range).points();
            (!points.is_empty()).then(|| correlation::figure(sheet, points))
        })
    };
    let track = move || {
        stores.pair.series().track();
        stores.pair.detail().track();
    };
    view! {
        <Panel
            name="correlation"
            title="Correlation"
            label="Rolling correlation of the legs"
            entries=entries.into()
            csv=Csv::Series
            draw=Box::new(draw)
            track=Box::new(track)
        />
    }
}
