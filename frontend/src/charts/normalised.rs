//! Both legs from one starting point.

use super::{Sheet, sheet::level, trace};
use crate::{
    edge::plotly::Figure,
    model::pair::{PairPoint, scale::Extent, thin},
};

/// Closes of both legs as a share of those at the left edge of the screen, in per cent.
pub(crate) fn figure(sheet: &Sheet, points: &[PairPoint]) -> Figure {
    let palette = &sheet.palette;
    let drawn = thin::select(points, sheet.range, sheet.most_points(), |point| {
        Some(point.y)
    });
    let base = base(&drawn, sheet);
    let closes: [fn(&PairPoint) -> f64; 2] = [|point| point.x, |point| point.y];
    let bases = [base.map(|base| base.x), base.map(|base| base.y)];
    let legs = closes.into_iter().zip(bases).zip([&palette.x, &palette.y]);
    let mut traces = Vec::new();
    for ((close, base), colour) in legs {
        let share = move |point: &PairPoint| Some(100.0 * close(point) / base?);
        traces.push(trace::line(
            trace::times_of(&drawn, sheet.zone),
            trace::values_of(&drawn, share),
            colour,
            1.5,
        ));
        traces.extend(trace::newest(&drawn, sheet.zone, colour, share));
    }
    let seen = drawn
        .iter()
        .filter(|point| sheet.range.contains(point.time));
    let share = |close: f64, base: Option<f64>| Some(100.0 * close / base?);
    let extent = Extent::of(seen.flat_map(|point| {
        [
            share(point.y, base.map(|base| base.y)),
            share(point.x, base.map(|base| base.x)),
        ]
    }));
    sheet.figure(
        traces,
        [("yaxis", sheet.values(extent, 0.0, 1.0))],
        vec![level("y", 100.0, &palette.crosshair, "dot")],
    )
}

/// The first point on screen.
pub(crate) fn base(points: &[PairPoint], sheet: &Sheet) -> Option<PairPoint> {
    points
        .iter()
        .find(|point| sheet.range.contains(point.time))
        .copied()
}
