//! Both legs from one starting point.

use leptos::prelude::*;

use super::{actions::Csv, legend::Entry, panel::Panel, point::shown};
use crate::{
    charts::normalised,
    model::format,
    stores::{PairStoreFields, Stores},
};

/// Closes, 100 at the left edge of the screen.
#[component]
pub(super) fn NormalisedPanel() -> impl IntoView {
    let stores = Stores::from_context();
    let names = Memo::new(move |_| {
        stores
            .view
            .with(|view| view.pair.legs().map(|leg| leg.short().to_owned()))
    });
    let base = Memo::new(move |_| {
        let range = stores.screen.range.get()?;
        stores.pair.with(|pair| {
            let points = pair.points_for(range).points();
            points
                .iter()
                .find(|point| range.contains(point.time))
                .copied()
        })
    });
    let entries = Memo::new(move |_| {
        let (point, base) = (shown(stores), base.get());
        let share = |close: Option<f64>, base: Option<f64>| {
            let share = close
                .zip(base)
                .map(|(close, base)| format::price(100.0 * close / base, 2));
            share.unwrap_or_else(|| format::UNKNOWN.to_owned())
        };
        let [y, x] = names.get();
        vec![
            Entry::line(
                y,
                "--y",
                share(point.map(|point| point.y), base.map(|base| base.y)),
            ),
            Entry::line(
                x,
                "--x",
                share(point.map(|point| point.x), base.map(|base| base.x)),
            ),
        ]
    });
    let draw = move |sheet: &crate::charts::Sheet| {
        stores.pair.with_untracked(|pair| {
            let points = pair.points_for(sheet.range).points();
            (!points.is_empty()).then(|| normalised::figure(sheet, points))
        })
    };
    let track = move || {
        stores.pair.series().track();
        stores.pair.detail().track();
    };
    view! {
        <Panel
            name="normalised"
            title="Normalised"
            label="Prices of both legs, 100 at the left edge"
            entries=entries.into()
            csv=Csv::Series
            draw=Box::new(draw)
            track=Box::new(track)
        />
    }
}
