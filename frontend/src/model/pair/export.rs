//! What charts show, as files for other programs. The long series are written by the server; these are short.

use api_types::{PairLine, StabilityColumns};

use super::PairPoint;
use crate::model::{
    TimeRange,
    csv::{number, table, time},
};

/// Rolling β with its error and p.
pub(crate) fn stability(columns: &StabilityColumns) -> String {
    let cell = |column: &[Option<f64>], at: usize| number(column.get(at).copied().flatten());
    let rows = columns.time.iter().enumerate().map(|(at, moment)| {
        [
            time(Some(*moment)),
            cell(&columns.beta, at),
            cell(&columns.beta_se, at),
            cell(&columns.p_value, at),
        ]
    });
    table(["time", "beta", "beta_se", "p_value"], rows)
}

/// The closes of one leg that lie in `range`.
pub(crate) fn closes(
    points: &[PairPoint],
    range: TimeRange,
    close: impl Fn(&PairPoint) -> f64,
) -> String {
    let seen = points.iter().filter(|point| range.contains(point.time));
    let rows = seen.map(|point| [time(Some(point.time)), number(Some(close(point)))]);
    table(["time", "close"], rows)
}

/// The line of every model.
pub(crate) fn lines(lines: &[PairLine]) -> String {
    let rows = lines.iter().map(|line| {
        [
            line.model.to_string(),
            number(line.alpha),
            number(line.beta),
        ]
    });
    table(["model", "alpha", "beta"], rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_figures_are_empty_cells() {
        let columns = StabilityColumns {
            lookback: 500,
            time: vec![0, 60_000],
            beta: vec![Some(0.1), None],
            beta_se: vec![Some(0.01), None],
            p_value: vec![None, Some(0.5)],
        };
        assert_eq!(
            stability(&columns),
            "time,beta,beta_se,p_value\n1970-01-01T00:00:00Z,0.1,0.01,\n1970-01-01T00:01:00Z,,,0.5\n"
        );
    }
}
