//! The spread between its bands.

use super::{Sheet, trace};
use crate::{
    edge::plotly::Figure,
    model::pair::{PairPoint, scale::Extent, thin},
};

/// Spread, mean and mean ± `entry` standard deviations.
pub(crate) fn figure(sheet: &Sheet, points: &[PairPoint], entry: f64) -> Figure {
    let palette = &sheet.palette;
    let drawn = thin::select(points, sheet.range, sheet.most_points(), |point| {
        point.spread
    });
    let x = trace::times_of(&drawn, sheet.zone);
    let edge =
        |of: fn((f64, f64)) -> f64| trace::values_of(&drawn, |point| point.band(entry).map(of));
    let mut traces = Vec::from(trace::band(
        &x,
        edge(|band| band.0),
        edge(|band| band.1),
        &palette.band,
    ));
    traces.push(
        trace::line(x.clone(), edge(|band| band.0), &palette.band_edge, 1.0)
            .set("hoverinfo", "skip"),
    );
    traces.push(
        trace::line(x.clone(), edge(|band| band.1), &palette.band_edge, 1.0)
            .set("hoverinfo", "skip"),
    );
    traces.push(
        trace::line(
            x.clone(),
            trace::values_of(&drawn, |point| point.mean),
            &palette.muted,
            1.0,
        )
        .set("hoverinfo", "skip"),
    );
    traces.push(trace::line(
        x,
        trace::values_of(&drawn, |point| point.spread),
        &palette.spread,
        1.5,
    ));
    traces.extend(trace::newest(
        &drawn,
        sheet.zone,
        &palette.spread,
        |point| point.spread,
    ));
    let seen = || {
        drawn
            .iter()
            .filter(|point| sheet.range.contains(point.time))
    };
    let extent = Extent::of(seen().flat_map(|point| {
        let band = point.band(entry);
        [
            point.spread,
            band.map(|band| band.0),
            band.map(|band| band.1),
        ]
    }));
    sheet.figure(
        traces,
        [("yaxis", sheet.values(extent, 0.0, 1.0))],
        Vec::new(),
    )
}
