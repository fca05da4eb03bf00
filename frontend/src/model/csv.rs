//! Tables as files for other programs: times as RFC 3339 in UTC, numbers as short as they can be read back exactly.

use std::fmt::Write;

use api_types::BarRow;

use super::{TimeRange, civil::Civil};

/// Lines of cells below their names. The cells are those of [`words`], [`number`] and [`time`].
pub(crate) fn table<const N: usize>(
    names: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut text = names.join(",") + "\n";
    for row in rows {
        text.push_str(&row.join(","));
        text.push('\n');
    }
    text
}

/// A cell of words. A spreadsheet must not take it for a formula.
pub(crate) fn words(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t']);
    let guard = if is_formula { "'" } else { "" };
    if cell.contains(['"', ',', '\n', '\r']) {
        format!("\"{guard}{}\"", cell.replace('"', "\"\""))
    } else {
        format!("{guard}{cell}")
    }
}

/// A number; nothing where there is none.
pub(crate) fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// A moment; nothing where there is none.
pub(crate) fn time(ms: Option<i64>) -> String {
    ms.map_or_else(String::new, |ms| Civil::of(ms).rfc3339())
}

const HEADER: &str =
    "time,open,high,low,close,volume,quote_volume,buy_volume,trades,closed,complete,origin\n";

/// The bars that lie in `range`, one a line.
pub(crate) fn bars(rows: &[BarRow], range: TimeRange) -> String {
    let mut text = HEADER.to_owned();
    for row in rows
        .iter()
        .filter(|row| (range.from..=range.to).contains(&row.time))
    {
        let BarRow {
            open,
            high,
            low,
            close,
            volume,
            quote_volume,
            buy_volume,
            ..
        } = row;
        let BarRow {
            trades,
            closed,
            complete,
            origin,
            ..
        } = row;
        let time = time(Some(row.time));
        writeln!(
            text,
            "{time},{open},{high},{low},{close},{volume},{quote_volume},{buy_volume},{trades},{closed},{complete},{origin}"
        )
        .expect("memory takes all that is written");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::series::tests::bar;

    #[test]
    fn words_are_quoted_and_never_formulas() {
        let rows = [[words("a, \"b\""), words("=1+1"), number(Some(-1.5))]];
        assert_eq!(
            table(["x", "y", "z"], rows),
            "x,y,z\n\"a, \"\"b\"\"\",'=1+1,-1.5\n"
        );
        assert_eq!(words("-2 lines\nor so"), "\"'-2 lines\nor so\"");
    }

    #[test]
    fn the_bars_of_the_range_are_written_with_utc_times_and_exact_numbers() {
        let rows = [bar(0, 1.0), bar(60_000, 100.25), bar(120_000, 3.0)];
        let text = bars(
            &rows,
            TimeRange {
                from: 1,
                to: 100_000,
            },
        );
        let expected = format!(
            "{HEADER}1970-01-01T00:01:00Z,99.25,102.25,98.25,100.25,1,100.25,0.5,3,true,true,trades\n"
        );
        assert_eq!(text, expected);
    }
}
