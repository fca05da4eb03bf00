//! The z-score between its thresholds.

use leptos::prelude::*;

use super::{
    actions::Csv,
    legend::Entry,
    panel::Panel,
    point::{shown, signed},
};
use crate::{
    charts::zscore,
    model::pair::{breaches, fired},
    stores::{PairStoreFields, Stores},
};

/// z, thresholds, and where they were breached.
#[component]
pub(super) fn ZscorePanel() -> impl IntoView {
    let stores = Stores::from_context();
    let levels = Memo::new(move |_| stores.view.with(|view| (view.pair.entry, view.pair.exit)));
    let marks = Memo::new(move |_| {
        let (entry, exit) = levels.get();
        stores
            .pair
            .series()
            .with(|series| breaches::begin(series.points(), entry, exit).len())
    });
    let fired = Memo::new(move |_| {
        let choice = stores.view.with(|view| view.pair.clone());
        if !choice.is_live() {
            return Vec::new();
        }
        stores
            .alerts
            .events
            .with(|events| fired::marks(events, &choice))
    });
    let entries = Memo::new(move |_| {
        let (entry, exit) = levels.get();
        let alerts = fired.with(Vec::len);
        let alerts = (alerts > 0).then(|| Entry::line("Alerts", "--accent", alerts.to_string()));
        let mut entries = vec![
            Entry::line(
                "z",
                "--z",
                signed(shown(stores).and_then(|point| point.z), 3),
            ),
            Entry::line("Entry", "--down", format!("±{entry}")),
            Entry::line("Exit", "--crosshair", format!("±{exit}")),
            Entry::number("Breaches", marks.get().to_string()),
        ];
        entries.extend(alerts);
        entries
    });
    let draw = move |sheet: &crate::charts::Sheet| {
        let (entry, exit) = levels.get_untracked();
        stores.pair.with_untracked(|pair| {
            let points = pair.points_for(sheet.range).points();
            (!points.is_empty())
                .then(|| zscore::figure(sheet, points, entry, exit, &fired.get_untracked()))
        })
    };
    let track = move || {
        stores.pair.series().track();
        stores.pair.detail().track();
        levels.track();
        fired.track();
    };
    view! {
        <Panel
            name="zscore"
            title="Z-score"
            label="Z-score with thresholds and the beginnings of breaches"
            entries=entries.into()
            csv=Csv::Series
            draw=Box::new(draw)
            track=Box::new(track)
        />
    }
}
