//! What is on screen, as a link says it.

use api_types::Interval;

use super::{Tab, watch::Sorting};

/// Everything that a link reproduces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) tab: Tab,
    /// Order of the watchlist.
    pub(crate) sorting: Sorting,
    /// The symbol as it stands in the link; `None`: the first there is.
    pub(crate) symbol: Option<String>,
    pub(crate) interval: Interval,
    /// The times on screen; `None`: the latest, moving along.
    pub(crate) range: Option<TimeRange>,
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

    /// The range as near to this one as makes sense: between 5 and 20,000 bars, and not out of sight of the bars from `first` (`None`:
    /// not known) to `last`.
    pub(crate) fn within(self, first: Option<i64>, last: i64, interval_ms: i64) -> Self {
        let span = self.span().clamp(5 * interval_ms, 20_000 * interval_ms);
        // A span that is cut keeps its newer end.
        let mut from = self.to - span;
        if let Some(first) = first {
            from = from.max(first - span / 2);
        }
        from = from.min(last - span / 8);
        Self {
            from,
            to: from + span,
        }
    }
}

impl Default for View {
    fn default() -> Self {
        Self {
            tab: Tab::default(),
            sorting: Sorting::default(),
            symbol: None,
            interval: Interval::M1,
            range: None,
        }
    }
}

impl View {
    /// Reads a query string. What it does not say, or says wrongly, is as by default: a link of another version still opens.
    pub(crate) fn from_query<'a>(get: impl Fn(&str) -> Option<String> + 'a) -> Self {
        let time = |name: &str| get(name)?.parse::<i64>().ok();
        let interval = get("interval").and_then(|text| text.parse().ok());
        let range = time("from").zip(time("to"));
        Self {
            tab: get("tab")
                .and_then(|word| Tab::from_word(&word))
                .unwrap_or_default(),
            sorting: get("sort")
                .and_then(|word| Sorting::from_word(&word))
                .unwrap_or_default(),
            symbol: get("symbol").filter(|symbol| !symbol.is_empty()),
            interval: interval.unwrap_or(Self::default().interval),
            range: range.and_then(|(from, to)| TimeRange::new(from, to)),
        }
    }

    /// Its names and values for a query string; the values need no escaping but that of `:`.
    pub(crate) fn to_query(&self) -> Vec<(&'static str, String)> {
        let mut query = Vec::new();
        if self.tab != Tab::default() {
            query.push(("tab", self.tab.word().to_owned()));
        }
        if self.sorting != Sorting::default() {
            query.push(("sort", self.sorting.word()));
        }
        if let Some(symbol) = &self.symbol {
            query.push(("symbol", symbol.clone()));
        }
        query.push(("interval", self.interval.to_string()));
        if let Some(range) = self.range {
            query.push(("from", range.from.to_string()));
            query.push(("to", range.to.to_string()));
        }
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &[(&'static str, String)]) -> View {
        View::from_query(|name| {
            let pair = query.iter().find(|(key, _)| *key == name)?;
            Some(pair.1.clone())
        })
    }

    #[test]
    fn a_link_reproduces_the_view() {
        let view = View {
            tab: Tab::Alerts,
            sorting: Sorting::default().clicked(crate::model::watch::Column::Z),
            symbol: Some("simulated:ETHUSDT".into()),
            interval: Interval::H4,
            range: TimeRange::new(1_000, 2_000),
        };
        assert_eq!(read(&view.to_query()), view);
        assert_eq!(read(&View::default().to_query()), View::default());
    }

    #[test]
    fn a_range_stays_in_sight_of_the_bars_and_within_what_can_be_drawn() {
        let range = |from, to| TimeRange { from, to };
        let kept = range(100, 200).within(Some(0), 1_000, 10);
        assert_eq!(kept, range(100, 200));
        // Too narrow, too far to the right, too far to the left.
        assert_eq!(range(195, 200).within(None, 1_000, 10), range(150, 200));
        assert_eq!(
            range(2_000, 2_800).within(None, 1_000, 10),
            range(900, 1_700)
        );
        assert_eq!(
            range(-900, -100).within(Some(0), 1_000, 10),
            range(-400, 400)
        );
    }

    #[test]
    fn what_a_link_says_wrongly_is_as_by_default() {
        let query = [
            ("tab", "market".to_owned()),
            ("interval", "7m".to_owned()),
            ("from", "9".to_owned()),
            ("to", "3".to_owned()),
            ("symbol", String::new()),
        ];
        assert_eq!(read(&query), View::default());
    }
}
