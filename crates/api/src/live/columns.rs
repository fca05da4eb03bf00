//! Points of a followed pair, as they are sent.

use api_types::PairColumns;

use super::PairPoint;

/// `points` as columns, those of a Kalman filter if they come from one.
pub(crate) fn columns<'a>(
    points: impl Iterator<Item = &'a PairPoint>,
    is_kalman: bool,
) -> PairColumns {
    let mut columns = PairColumns {
        beta_sd: is_kalman.then(Vec::new),
        innovation_sd: is_kalman.then(Vec::new),
        ..PairColumns::default()
    };
    for point in points {
        columns.time.push(point.time_ms);
        columns.y.push(point.y);
        columns.x.push(point.x);
        columns.alpha.push(point.alpha());
        columns.beta.push(point.beta());
        columns.spread.push(point.spread());
        columns.spread_mean.push(point.spread_mean());
        columns.spread_sd.push(point.spread_sd());
        columns.z.push(point.z());
        columns.correlation.push(point.correlation());
        if let Some(column) = &mut columns.beta_sd {
            column.push(point.beta_sd());
        }
        if let Some(column) = &mut columns.innovation_sd {
            column.push(point.innovation_sd());
        }
        columns.closed.push(point.closed);
    }
    columns
}
