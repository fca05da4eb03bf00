//! A leg of which only closes are known.

use super::{Sheet, trace};
use crate::{
    edge::plotly::Figure,
    model::pair::{PairPoint, scale::Extent, thin},
};

/// Closes as a line.
pub(crate) fn figure(
    sheet: &Sheet,
    points: &[PairPoint],
    close: fn(&PairPoint) -> f64,
    colour: &str,
) -> Figure {
    let drawn = thin::select(points, sheet.range, sheet.most_points(), |point| {
        Some(close(point))
    });
    let x = trace::times_of(&drawn, sheet.zone);
    let mut traces = vec![trace::line(
        x,
        trace::values_of(&drawn, |point| Some(close(point))),
        colour,
        1.5,
    )];
    traces.extend(trace::newest(&drawn, sheet.zone, colour, |point| {
        Some(close(point))
    }));
    let seen = drawn
        .iter()
        .filter(|point| sheet.range.contains(point.time));
    let extent = Extent::of(seen.map(|point| Some(close(point))));
    sheet.figure(
        traces,
        [("yaxis", sheet.values(extent, 0.0, 1.0))],
        Vec::new(),
    )
}
