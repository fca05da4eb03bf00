//! What is on screen, as a link says it.

use super::{PairChoice, ScanView, Tab, backtest::BacktestChoice, cloud::Cloud, watch::Sorting};

/// Of both legs of a ticket.
pub(crate) const LEAST_NOTIONAL: f64 = 1.0;

/// Everything that a link reproduces.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct View {
    pub(crate) tab: Tab,
    /// Order of the watchlist.
    pub(crate) sorting: Sorting,
    pub(crate) scan: ScanView,
    pub(crate) pair: PairChoice,
    /// How it is traded.
    pub(crate) backtest: BacktestChoice,
    /// The times on screen; `None`: all of the pair's range, moving along.
    pub(crate) zoom: Option<TimeRange>,
    /// The part of the scatter plot on screen; `None`: all of it.
    pub(crate) cloud: Option<Cloud>,
    /// Notional of the trade ticket; `None`: it is folded up.
    pub(crate) notional: Option<f64>,
    /// The sweep that is on screen, by its id.
    pub(crate) sweep: Option<i64>,
    /// The upload that is looked into, by its id.
    pub(crate) dataset: Option<i64>,
}

/// Two moments, ms since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeRange {
    pub(crate) from: i64,
    /// Greater than `from`.
    pub(crate) to: i64,
}

impl TimeRange {
    /// `None` unless `from` lies before `to`.
    pub(crate) fn new(from: i64, to: i64) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    pub(crate) const fn span(&self) -> i64 {
        self.to - self.from
    }

    /// Whether a moment lies in it, the ends included.
    pub(crate) fn contains(&self, time: i64) -> bool {
        (self.from..=self.to).contains(&time)
    }

    /// The range as near to this one as makes sense: at least 5 bars, at most all bars and half as many again, and not out of sight of the
    /// bars from `first` to `last`.
    pub(crate) fn within(self, first: i64, last: i64, interval_ms: i64) -> Self {
        let least = 5 * interval_ms;
        let span = self
            .span()
            .clamp(least, ((last - first) * 3 / 2).max(2 * least));
        // A span that is cut keeps its newer end.
        let from = (self.to - span).max(first - span / 2).min(last - span / 8);
        Self {
            from,
            to: from + span,
        }
    }
}

impl View {
    /// Reads a query string. What it does not say, or says wrongly, is as by default: a link of another version still opens.
    pub(crate) fn from_query(get: impl Fn(&str) -> Option<String>) -> Self {
        let time = |name: &str| get(name)?.parse::<i64>().ok();
        let zoom = time("from").zip(time("to"));
        let cloud = get("cloud").and_then(|text| {
            let ends: Vec<f64> = text.split('_').map_while(|end| end.parse().ok()).collect();
            let ends: Cloud = ends.try_into().ok()?;
            ends.iter().all(|end| end.is_finite()).then_some(ends)
        });
        Self {
            tab: get("tab")
                .and_then(|word| Tab::from_word(&word))
                .unwrap_or_default(),
            sorting: get("sort")
                .and_then(|word| Sorting::from_word(&word))
                .unwrap_or_default(),
            scan: ScanView::from_query(&get),
            pair: PairChoice::from_query(&get),
            backtest: BacktestChoice::from_query(&get),
            zoom: zoom.and_then(|(from, to)| TimeRange::new(from, to)),
            cloud,
            notional: get("notional")
                .and_then(|number| number.parse().ok())
                .filter(|number: &f64| number.is_finite() && *number >= LEAST_NOTIONAL),
            sweep: get("sweep").and_then(|id| id.parse().ok()),
            dataset: get("dataset").and_then(|id| id.parse().ok()),
        }
    }

    /// Its names and values for a query string.
    pub(crate) fn to_query(&self) -> Vec<(&'static str, String)> {
        let mut query = Vec::new();
        if self.tab != Tab::default() {
            query.push(("tab", self.tab.word().to_owned()));
        }
        if self.sorting != Sorting::default() {
            query.push(("sort", self.sorting.word()));
        }
        query.extend(self.scan.to_query());
        query.extend(self.pair.to_query());
        query.extend(self.backtest.to_query());
        if let Some(zoom) = self.zoom {
            query.push(("from", zoom.from.to_string()));
            query.push(("to", zoom.to.to_string()));
        }
        if let Some(cloud) = self.cloud {
            query.push(("cloud", cloud.map(|end| end.to_string()).join("_")));
        }
        // Only there they mean anything.
        if let (Tab::Pair, Some(notional)) = (self.tab, self.notional) {
            query.push(("notional", notional.to_string()));
        }
        if let (Tab::Backtest, Some(id)) = (self.tab, self.sweep) {
            query.push(("sweep", id.to_string()));
        }
        if let (Tab::Data, Some(id)) = (self.tab, self.dataset) {
            query.push(("dataset", id.to_string()));
        }
        query
    }
}

#[cfg(test)]
mod tests {
    use api_types::Interval;

    use super::*;
    use crate::model::{Leg, Source};

    fn read(query: &[(&'static str, String)]) -> View {
        View::from_query(|name| {
            let pair = query.iter().find(|(key, _)| *key == name)?;
            Some(pair.1.clone())
        })
    }

    #[test]
    fn a_link_reproduces_the_view() {
        let view = View {
            tab: Tab::Data,
            sorting: Sorting::default().clicked(crate::model::watch::Column::Z),
            scan: ScanView {
                id: Some(3),
                ..ScanView::default()
            },
            pair: PairChoice {
                y: Leg::new(Source::Live, "simulated:ETHUSDT".into()),
                interval: Interval::H4.into(),
                ..PairChoice::default()
            },
            backtest: BacktestChoice {
                fee_bps: 2.0,
                ..BacktestChoice::default()
            },
            zoom: TimeRange::new(1_000, 2_000),
            cloud: Some([-1.5, 2.0, 1e-9, 7.0]),
            notional: None,
            sweep: None,
            dataset: Some(17),
        };
        assert_eq!(read(&view.to_query()), view);
        let swept = View {
            tab: Tab::Backtest,
            sweep: Some(5),
            dataset: None,
            ..view
        };
        assert_eq!(read(&swept.to_query()), swept);
        let priced = View {
            tab: Tab::Pair,
            notional: Some(2_500.5),
            sweep: None,
            ..swept
        };
        assert_eq!(read(&priced.to_query()), priced);
        assert_eq!(read(&View::default().to_query()), View::default());
    }

    #[test]
    fn a_range_stays_in_sight_of_the_bars_and_within_what_can_be_drawn() {
        let range = |from, to| TimeRange { from, to };
        assert_eq!(range(100, 200).within(0, 1_000, 10), range(100, 200));
        // Too narrow, too wide, too far to the right, too far to the left.
        assert_eq!(range(195, 200).within(0, 1_000, 10), range(150, 200));
        assert_eq!(
            range(-9_000, 1_000).within(0, 1_000, 10),
            range(-500, 1_000)
        );
        assert_eq!(range(2_000, 2_800).within(0, 1_000, 10), range(900, 1_700));
        assert_eq!(range(-900, -100).within(0, 1_000, 10), range(-400, 400));
    }

    #[test]
    fn what_a_link_says_wrongly_is_as_by_default() {
        let query = [
            ("tab", "market".to_owned()),
            ("interval", "7q".to_owned()),
            ("from", "9".to_owned()),
            ("to", "3".to_owned()),
            ("cloud", "1_2_NaN_3".to_owned()),
            ("notional", "-5".to_owned()),
            ("y", String::new()),
        ];
        assert_eq!(read(&query), View::default());
    }
}
