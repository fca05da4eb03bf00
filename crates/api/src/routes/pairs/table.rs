//! The series as a table.

use std::sync::Arc;

use axum::response::Response;

use crate::{
    app::Shared,
    csv,
    pairs::{PairSpec, Rows, analysis},
    problem::ApiError,
};

const COLUMNS: [&str; 10] = [
    "time",
    "y",
    "x",
    "alpha",
    "beta",
    "spread",
    "spreadMean",
    "spreadSd",
    "z",
    "correlation",
];
/// Columns of a Kalman filter.
const FILTERED: [&str; 2] = ["betaSd", "innovationSd"];

/// A row a bar, with the names of the JSON answer; named after legs, interval and model.
pub(super) async fn download(
    shared: &Shared,
    spec: Arc<PairSpec>,
    rows: Arc<Rows>,
) -> Result<Response, ApiError> {
    let name = format!(
        "{}_{}_{}_{}.csv",
        spec.y.short_name(),
        spec.x.short_name(),
        spec.interval,
        spec.model()
    );
    let work = move |_: &_| {
        let series = analysis::series(&spec, &rows);
        series.map_err(|refusal| refusal.of(&spec))
    };
    let series = shared.workers.run(work).await??;
    let mut header = COLUMNS.to_vec();
    if series.beta_sd.is_some() {
        header.extend(FILTERED);
    }
    header.push("closed");
    let pieces = csv::rows(series.time.len(), move |t, row| {
        row.time(series.time[t]);
        row.number(series.y[t]);
        row.number(series.x[t]);
        for column in [
            &series.alpha,
            &series.beta,
            &series.spread,
            &series.spread_mean,
            &series.spread_sd,
            &series.z,
            &series.correlation,
        ] {
            row.optional(column[t]);
        }
        for column in [&series.beta_sd, &series.innovation_sd]
            .into_iter()
            .flatten()
        {
            row.optional(column[t]);
        }
        row.flag(series.closed[t]);
    });
    csv::download(&name, &header, pieces).await
}
