//! A Kalman filter's hedge ratio.

use super::{Sheet, trace};
use crate::{
    edge::plotly::Figure,
    model::pair::{PairPoint, scale::Extent, thin},
};

/// β and one standard deviation to either side.
pub(crate) fn figure(sheet: &Sheet, points: &[PairPoint]) -> Figure {
    let palette = &sheet.palette;
    let drawn = thin::select(points, sheet.range, sheet.most_points(), |point| point.beta);
    let x = trace::times_of(&drawn, sheet.zone);
    let around = |point: &PairPoint, sds: f64| Some(point.beta? + sds * point.beta_sd?);
    let edge = |sds: f64| trace::values_of(&drawn, |point| around(point, sds));
    let mut traces = Vec::from(trace::band(&x, edge(-1.0), edge(1.0), &palette.kalman_band));
    traces.push(trace::line(
        x,
        trace::values_of(&drawn, |point| point.beta),
        &palette.kalman,
        1.5,
    ));
    traces.extend(trace::newest(
        &drawn,
        sheet.zone,
        &palette.kalman,
        |point| point.beta,
    ));
    let seen = || {
        drawn
            .iter()
            .filter(|point| sheet.range.contains(point.time))
    };
    let extent =
        Extent::of(seen().flat_map(|point| [point.beta, around(point, -1.0), around(point, 1.0)]));
    sheet.figure(
        traces,
        [("yaxis", sheet.values(extent, 0.0, 1.0))],
        Vec::new(),
    )
}
