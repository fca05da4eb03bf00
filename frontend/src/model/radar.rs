//! Rows of the radar: as links to pairs, and as a file.

use api_types::{RadarRow, RadarScan};
use serde_json::json;

use super::{View, csv, link};

/// The pair view of a row: the same interval, transform and z-score, moving along.
pub(crate) fn pair_view(scan: &RadarScan, row: &RadarRow) -> View {
    let mut params = json!({
        "y": row.y, "x": row.x, "interval": scan.interval, "transform": "log", "fit": "walk_forward",
        "lookback": scan.lookback, "window": scan.window,
    });
    if let Some(limit) = scan.limit {
        params["limit"] = limit.into();
    }
    link::pair_view(&params)
}

const HEADER: [&str; 12] = [
    "y",
    "x",
    "interval",
    "time",
    "closed",
    "z",
    "spread",
    "beta",
    "correlation",
    "p_y_on_x",
    "q",
    "half_life_bars",
];

/// The rows as they stand.
pub(crate) fn csv(scan: &RadarScan, rows: &[RadarRow]) -> String {
    let cells = |row: &RadarRow| {
        [
            csv::words(&row.y),
            csv::words(&row.x),
            scan.interval.to_string(),
            csv::time(Some(row.time)),
            row.closed.to_string(),
            row.z.to_string(),
            csv::number(row.spread),
            csv::number(row.beta),
            csv::number(row.correlation),
            row.p_y_on_x.to_string(),
            row.q.to_string(),
            csv::number(row.half_life_bars),
        ]
    };
    csv::table(HEADER, rows.iter().map(cells))
}

#[cfg(test)]
mod tests {
    use api_types::{Interval, Transform};

    use super::*;
    use crate::model::Span;

    fn scan() -> RadarScan {
        RadarScan {
            id: 1,
            ended_at: 0,
            interval: Interval::M5,
            limit: Some(700),
            lookback: 300,
            window: 40,
            max_fill: 0,
        }
    }

    fn row() -> RadarRow {
        RadarRow {
            y: "simulated:ETHUSDT".to_owned(),
            x: "simulated:BTCUSDT".to_owned(),
            time: 1_000,
            closed: false,
            z: -2.5,
            spread: Some(0.25),
            beta: None,
            correlation: Some(0.5),
            p_y_on_x: 0.001,
            q: 0.02,
            half_life_bars: None,
        }
    }

    #[test]
    fn a_row_opens_the_pair_as_it_is_followed() {
        let shown = pair_view(&scan(), &row()).pair;
        assert_eq!(shown.interval, Interval::M5.into());
        assert_eq!((shown.lookback, shown.window), (300, 40));
        assert_eq!(
            (shown.transform, shown.span),
            (Transform::Log, Span::Last(700))
        );
        assert_eq!(shown.y.name, "simulated:ETHUSDT");
    }

    #[test]
    fn a_file_has_every_row_and_an_empty_cell_for_what_is_not_known() {
        let text = csv(&scan(), &[row()]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[1],
            "simulated:ETHUSDT,simulated:BTCUSDT,5m,1970-01-01T00:00:01Z,false,-2.5,0.25,,0.5,0.001,0.02,"
        );
        assert_eq!(lines[0].matches(',').count(), lines[1].matches(',').count());
    }
}
