//! What charts and panels show, as files for other programs. The long series are written by the server; these are short.

use std::fmt::Write;

use api_types::{PairLine, StabilityColumns};

use super::PairPoint;
use crate::model::{TimeRange, civil::Civil};

/// Rolling β with its error and p, times as RFC 3339 in UTC.
pub(crate) fn stability(columns: &StabilityColumns) -> String {
    let cell = |column: &[Option<f64>], at: usize| {
        column
            .get(at)
            .copied()
            .flatten()
            .map_or_else(String::new, |value| value.to_string())
    };
    let mut text = "time,beta,beta_se,p_value\n".to_owned();
    for (at, time) in columns.time.iter().enumerate() {
        let time = Civil::of(*time).rfc3339();
        let [beta, error, p] =
            [&columns.beta, &columns.beta_se, &columns.p_value].map(|column| cell(column, at));
        writeln!(text, "{time},{beta},{error},{p}").expect("memory takes all that is written");
    }
    text
}

/// The closes of one leg that lie in `range`.
pub(crate) fn closes(
    points: &[PairPoint],
    range: TimeRange,
    close: impl Fn(&PairPoint) -> f64,
) -> String {
    let mut text = "time,close\n".to_owned();
    for point in points.iter().filter(|point| range.contains(point.time)) {
        let time = Civil::of(point.time).rfc3339();
        writeln!(text, "{time},{}", close(point)).expect("memory takes all that is written");
    }
    text
}

/// The line of every model.
pub(crate) fn lines(lines: &[PairLine]) -> String {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let mut text = "model,alpha,beta\n".to_owned();
    for line in lines {
        writeln!(
            text,
            "{},{},{}",
            line.model,
            number(line.alpha),
            number(line.beta)
        )
        .expect("memory takes all that is written");
    }
    text
}

/// Names and values of a table.
pub(crate) fn table<'a>(rows: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = "figure,value\n".to_owned();
    for (name, value) in rows {
        writeln!(text, "{},{}", quoted(name), quoted(value))
            .expect("memory takes all that is written");
    }
    text
}

/// A cell of words. A spreadsheet must not take it for a formula.
fn quoted(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '@', '\t']);
    let guard = if is_formula { "'" } else { "" };
    if cell.contains(['"', ',', '\n']) {
        format!("\"{guard}{}\"", cell.replace('"', "\"\""))
    } else {
        format!("{guard}{cell}")
    }
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

    #[test]
    fn words_are_quoted_and_never_formulas() {
        assert_eq!(
            table([("a, \"b\"", "=1+1")]),
            "figure,value\n\"a, \"\"b\"\"\",'=1+1\n"
        );
    }
}
