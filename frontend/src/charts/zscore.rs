//! The z-score between its thresholds.

use super::{
    Sheet,
    sheet::{level, zone},
    trace,
};
use crate::{
    edge::plotly::{Figure, column},
    model::pair::{PairPoint, breaches, scale::Extent, thin},
};

/// z, ±`entry`, ±`exit`, a mark where each breach began, and one where a rule has fired (`fired`: bar and z).
pub(crate) fn figure(
    sheet: &Sheet,
    points: &[PairPoint],
    entry: f64,
    exit: f64,
    fired: &[(i64, f64)],
) -> Figure {
    let palette = &sheet.palette;
    let drawn = thin::select(points, sheet.range, sheet.most_points(), |point| point.z);
    let x = trace::times_of(&drawn, sheet.zone);
    let mut traces = vec![trace::line(
        x,
        trace::values_of(&drawn, |point| point.z),
        &palette.z,
        1.5,
    )];
    let breaches = breaches::begin(points, entry, exit);
    for (is_high, symbol, colour) in [
        (true, "triangle-down", &palette.down),
        (false, "triangle-up", &palette.up),
    ] {
        let marks: Vec<_> = breaches
            .iter()
            .filter(|point| point.z.is_some_and(|z| (z > 0.0) == is_high))
            .copied()
            .collect();
        let x = trace::times_of(&marks, sheet.zone);
        // Beside the line, not on it.
        let y = trace::values_of(&marks, |point| {
            point.z.map(|z| z + if is_high { 0.25 } else { -0.25 })
        });
        traces.push(trace::marks(x, y, symbol, 9, colour).set("name", "breach"));
    }
    if !fired.is_empty() {
        let times = trace::times(fired.iter().map(|(time, _)| *time), sheet.zone);
        let zs = column(fired.iter().map(|(_, z)| *z));
        traces
            .push(trace::marks(times, zs, "diamond-open", 10, &palette.alert).set("name", "alert"));
    }
    traces.extend(trace::newest(&drawn, sheet.zone, &palette.z, |point| {
        point.z
    }));
    let seen = drawn
        .iter()
        .filter(|point| sheet.range.contains(point.time));
    let extent = Extent::of(seen.map(|point| point.z)).unwrap_or(Extent {
        low: 0.0,
        high: 0.0,
    });
    let extent = extent.with(-entry * 1.15).with(entry * 1.15);
    let [bottom, top] = extent.axis();
    let shapes = vec![
        zone("y", entry, top, &palette.breach),
        zone("y", bottom, -entry, &palette.breach),
        level("y", 0.0, &palette.muted, "solid"),
        level("y", entry, &palette.down, "dash"),
        level("y", -entry, &palette.up, "dash"),
        level("y", exit, &palette.crosshair, "dot"),
        level("y", -exit, &palette.crosshair, "dot"),
    ];
    sheet.figure(
        traces,
        [("yaxis", sheet.values(Some(extent), 0.0, 1.0))],
        shapes,
    )
}
