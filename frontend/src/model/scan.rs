//! What is on screen of the scanner, and its rows as links to pairs.

use api_types::{ScanPair, ScanParams, ScanSort, SortOrder};
use serde_json::json;

use super::{View, link};

/// Which scan is looked at, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ScanView {
    /// `None`: the newest.
    pub(crate) id: Option<i64>,
    pub(crate) sorting: ScanSorting,
    /// Text that a symbol of a pair is to hold; empty: any.
    pub(crate) symbol: String,
    /// The greatest q.
    pub(crate) max_q: Option<f64>,
}

/// How the table is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScanSorting {
    pub(crate) by: ScanSort,
    pub(crate) order: SortOrder,
}

impl Default for ScanSorting {
    fn default() -> Self {
        Self {
            by: ScanSort::P,
            order: SortOrder::Ascending,
        }
    }
}

impl ScanSorting {
    /// After a click on a heading: by it, then the other way round, then as before all clicks.
    pub(crate) fn clicked(self, by: ScanSort) -> Self {
        let first = match by {
            ScanSort::Z | ScanSort::Correlation | ScanSort::Observations => SortOrder::Descending,
            _ => SortOrder::Ascending,
        };
        let other = match first {
            SortOrder::Ascending => SortOrder::Descending,
            SortOrder::Descending => SortOrder::Ascending,
        };
        if self.by != by {
            Self { by, order: first }
        } else if self.order == first {
            Self { by, order: other }
        } else {
            Self::default()
        }
    }

    /// `-z`: by z, large values first.
    fn word(self) -> String {
        let sign = if self.order == SortOrder::Descending {
            "-"
        } else {
            ""
        };
        format!("{sign}{}", self.by)
    }

    fn from_word(word: &str) -> Option<Self> {
        let (order, word) = match word.strip_prefix('-') {
            Some(word) => (SortOrder::Descending, word),
            None => (SortOrder::Ascending, word),
        };
        Some(Self {
            by: word.parse().ok()?,
            order,
        })
    }
}

impl ScanView {
    pub(crate) fn from_query(get: &dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            id: get("scan")
                .and_then(|id| id.parse().ok())
                .filter(|id| *id > 0),
            sorting: get("scanSort")
                .and_then(|word| ScanSorting::from_word(&word))
                .unwrap_or_default(),
            symbol: get("scanSymbol").unwrap_or_default(),
            max_q: get("scanQ")
                .and_then(|q| q.parse().ok())
                .filter(|q| (0.0..=1.0).contains(q)),
        }
    }

    /// What differs from the defaults.
    pub(crate) fn to_query(&self) -> Vec<(&'static str, String)> {
        let mut query = Vec::new();
        query.extend(self.id.map(|id| ("scan", id.to_string())));
        if self.sorting != ScanSorting::default() {
            query.push(("scanSort", self.sorting.word()));
        }
        if !self.symbol.is_empty() {
            query.push(("scanSymbol", self.symbol.clone()));
        }
        query.extend(self.max_q.map(|q| ("scanQ", q.to_string())));
        query
    }

    /// Order and filters, by the names that the API has for them.
    pub(crate) fn to_request(&self) -> Vec<(&'static str, String)> {
        let mut query = vec![
            ("sort", self.sorting.by.to_string()),
            ("order", self.sorting.order.to_string()),
        ];
        if !self.symbol.trim().is_empty() {
            query.push(("symbol", self.symbol.trim().to_owned()));
        }
        query.extend(self.max_q.map(|q| ("maxQ", q.to_string())));
        query
    }
}

/// The pair view of a row: the same bars, interval, transform and z-score.
pub(crate) fn pair_view(scan: &ScanParams, pair: &ScanPair, end_time: Option<i64>) -> View {
    let mut params = json!({
        "y": pair.y, "x": pair.x, "ySource": pair.y_source, "xSource": pair.x_source,
        "interval": scan.interval, "transform": "log", "fit": "walk_forward",
        "lookback": scan.lookback, "window": scan.window,
    });
    let between = scan.start_time.zip(scan.end_time.or(end_time));
    match (scan.limit, between) {
        (Some(limit), _) => params["limit"] = limit.into(),
        (None, Some((start, end))) => {
            params["startTime"] = start.into();
            params["endTime"] = end.into();
        }
        (None, None) => {}
    }
    link::pair_view(&params)
}

/// A name without its venue.
pub(crate) fn short<'a>(name: &'a str, source: &str) -> &'a str {
    match (source, name.split_once(':')) {
        ("live", Some((_, symbol))) => symbol,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use api_types::{Fit, Interval, Transform};

    use super::*;
    use crate::model::Span;

    fn read(query: &[(&'static str, String)]) -> ScanView {
        ScanView::from_query(&|name| Some(query.iter().find(|(key, _)| *key == name)?.1.clone()))
    }

    #[test]
    fn a_link_reproduces_what_is_looked_at() {
        let view = ScanView {
            id: Some(7),
            sorting: ScanSorting::default().clicked(ScanSort::Z),
            symbol: "BTC".to_owned(),
            max_q: Some(0.05),
        };
        assert_eq!(read(&view.to_query()), view);
        assert_eq!(read(&ScanView::default().to_query()), ScanView::default());
        let wrong = [("scan", "-1"), ("scanSort", "volume"), ("scanQ", "2")];
        let wrong = wrong.map(|(name, value)| (name, value.to_owned()));
        assert_eq!(read(&wrong), ScanView::default());
    }

    #[test]
    fn a_heading_turns_the_order_round_and_then_lets_it_be() {
        let by_z = ScanSorting::default().clicked(ScanSort::Z);
        assert_eq!(by_z.order, SortOrder::Descending);
        let turned = by_z.clicked(ScanSort::Z);
        assert_eq!(turned.order, SortOrder::Ascending);
        assert_eq!(turned.clicked(ScanSort::Z), ScanSorting::default());
    }

    #[test]
    fn a_row_opens_the_pair_with_what_it_was_scanned_with() {
        let pair: ScanPair = serde_json::from_value(json!({
            "y": "simulated:ETHUSDT", "x": "KO", "ySource": "live", "xSource": "dataset:3",
            "pYOnX": 0.01, "pXOnY": 0.02, "pPair": 0.02, "q": 0.1, "statistic": -4.0, "beta": 1.0,
            "halfLifeBars": null, "hurst": null, "correlation": null, "z": null, "lastTime": 0,
            "observations": 100, "filledShare": 0.0,
        }))
        .unwrap();
        let mut scan: ScanParams = serde_json::from_value(json!({
            "symbols": [], "interval": "4h", "limit": 2000, "startTime": null, "endTime": null,
            "lookback": 250, "window": 30, "maxFill": 0,
        }))
        .unwrap();
        let shown = pair_view(&scan, &pair, Some(9)).pair;
        let interval = Interval::H4.into();
        assert_eq!(
            (shown.interval, shown.transform),
            (interval, Transform::Log)
        );
        assert_eq!((shown.lookback, shown.window), (250, 30));
        assert_eq!(shown.fit, Some(Fit::WalkForward));
        assert_eq!(shown.span, Span::Last(2_000));
        assert_eq!(shown.x.source.to_string(), "dataset:3");
        (scan.limit, scan.start_time) = (None, Some(1));
        let shown = pair_view(&scan, &pair, Some(9)).pair;
        let is_that =
            |span| matches!(span, Span::Between(range) if (range.from, range.to) == (1, 9));
        assert!(is_that(shown.span));
        assert_eq!(short(&pair.y, &pair.y_source), "ETHUSDT");
        assert_eq!(short("a:b", "dataset:1"), "a:b");
    }
}
