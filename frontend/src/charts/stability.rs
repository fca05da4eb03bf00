//! How steady the pair is.

use api_types::StabilityColumns;

use super::{Sheet, sheet::level, trace};
use crate::{
    edge::plotly::{Figure, column},
    model::pair::scale::Extent,
};

/// Up to this p the legs count as cointegrated.
const VERDICT: f64 = 0.05;

/// Rolling β ± 2 standard errors above, rolling Engle-Granger p below.
pub(crate) fn figure(sheet: &Sheet, columns: &StabilityColumns) -> Figure {
    let palette = &sheet.palette;
    let x = trace::times(columns.time.iter().copied(), sheet.zone);
    let around = |at: usize, errors: f64| {
        Some(columns.beta.get(at).copied()?? + errors * columns.beta_se.get(at).copied()??)
    };
    let count = columns.time.len();
    let known = |values: &[Option<f64>]| {
        column(
            values
                .iter()
                .map(|value| value.unwrap_or(f64::NAN))
                .collect::<Vec<_>>()
                .into_iter(),
        )
    };
    let edge = |errors: f64| column((0..count).map(|at| around(at, errors).unwrap_or(f64::NAN)));
    let mut traces = Vec::from(trace::band(&x, edge(-2.0), edge(2.0), &palette.band));
    traces.push(trace::line(
        x.clone(),
        known(&columns.beta),
        &palette.spread,
        1.5,
    ));
    traces.push(
        trace::line(x, known(&columns.p_value), &palette.correlation, 1.5).set("yaxis", "y2"),
    );
    let seen = || {
        (0..count).filter(|at| {
            columns
                .time
                .get(*at)
                .is_some_and(|time| sheet.range.contains(*time))
        })
    };
    let betas =
        Extent::of(seen().flat_map(|at| [around(at, -2.0), around(at, 0.0), around(at, 2.0)]));
    let ps = Extent::of(seen().map(|at| columns.p_value.get(at).copied().flatten()));
    let ps = ps
        .unwrap_or(Extent {
            low: 0.0,
            high: 0.1,
        })
        .with(0.0)
        .with(2.0 * VERDICT);
    sheet.figure(
        traces,
        [
            ("yaxis", sheet.values(betas, 0.46, 1.0)),
            ("yaxis2", sheet.values(Some(ps), 0.0, 0.38)),
        ],
        vec![level("y2", VERDICT, &palette.up, "dash")],
    )
}
