//! The rolling correlation.

use super::{Sheet, sheet::level, trace};
use crate::{
    edge::plotly::Figure,
    model::pair::{PairPoint, scale::Extent, thin},
};

/// Correlation, with 0 marked where it is in sight.
pub(crate) fn figure(sheet: &Sheet, points: &[PairPoint]) -> Figure {
    let palette = &sheet.palette;
    let drawn = thin::select(points, sheet.range, sheet.most_points(), |point| {
        point.correlation
    });
    let x = trace::times_of(&drawn, sheet.zone);
    let mut traces = vec![trace::line(
        x,
        trace::values_of(&drawn, |point| point.correlation),
        &palette.correlation,
        1.5,
    )];
    traces.extend(trace::newest(
        &drawn,
        sheet.zone,
        &palette.correlation,
        |point| point.correlation,
    ));
    let seen = drawn
        .iter()
        .filter(|point| sheet.range.contains(point.time));
    let extent = Extent::of(seen.map(|point| point.correlation));
    let shapes = vec![level("y", 0.0, &palette.crosshair, "solid")];
    sheet.figure(
        traces,
        [(
            "yaxis",
            sheet.values(extent, 0.0, 1.0).set("tickformat", ".2f"),
        )],
        shapes,
    )
}
