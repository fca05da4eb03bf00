//! Bars as a file for other programs.

use std::fmt::Write;

use api_types::BarRow;

use super::{TimeRange, civil::Civil};

const HEADER: &str =
    "time,open,high,low,close,volume,quote_volume,buy_volume,trades,closed,complete,origin\n";

/// The bars that lie in `range`, one a line, times as RFC 3339 in UTC. Numbers are written as short as they can be read back exactly.
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
        let time = Civil::of(row.time).rfc3339();
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
