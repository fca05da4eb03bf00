//! Rows of the watchlist: their order, and the list as a file.

use std::cmp::Ordering;

use api_types::{PairParams, WatchlistFigures, WatchlistRow, WatchlistState};

use super::csv::{number, table, time, words};

/// A pair and its figures as last heard of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WatchRow {
    pub(crate) place: u32,
    /// `None` only if the server could not read what it has stored.
    pub(crate) params: Option<PairParams>,
    pub(crate) state: WatchlistState,
    /// Why, for every state but `ok`.
    pub(crate) detail: Option<String>,
    pub(crate) figures: Option<WatchlistFigures>,
}

impl WatchRow {
    /// Takes what an event says of the row; its parameters stay unless they are said again.
    pub(crate) fn take(&mut self, row: WatchlistRow) {
        self.params = row.params.or_else(|| self.params.take());
        self.state = row.state;
        self.detail = row.detail;
        self.figures = row.figures;
    }

    /// The legs without their venue.
    pub(crate) fn legs(&self) -> Option<(&str, &str)> {
        let params = self.params.as_ref()?;
        let short = |name: &'_ str| name.rfind(':').map_or(0, |colon| colon + 1);
        Some((&params.y[short(&params.y)..], &params.x[short(&params.x)..]))
    }

    /// |z| is at or beyond the pair's threshold, as the newest figures say.
    pub(crate) fn is_beyond(&self) -> bool {
        let z = self.figures.and_then(|figures| figures.z);
        let entry = self.params.as_ref().map(|params| params.entry);
        z.zip(entry).is_some_and(|(z, entry)| z.abs() >= entry)
    }
}

impl From<WatchlistRow> for WatchRow {
    fn from(row: WatchlistRow) -> Self {
        Self {
            place: row.place,
            params: row.params,
            state: row.state,
            detail: row.detail,
            figures: row.figures,
        }
    }
}

/// What the table can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Column {
    /// The order of the list.
    #[default]
    Place,
    Pair,
    /// By its size: both sides matter alike.
    Z,
    Spread,
    Beta,
    P,
    HalfLife,
    Correlation,
    Age,
}

impl Column {
    /// Those with a heading, from left to right.
    pub(crate) const SHOWN: [Self; 8] = [
        Self::Pair,
        Self::Z,
        Self::Spread,
        Self::Beta,
        Self::P,
        Self::HalfLife,
        Self::Correlation,
        Self::Age,
    ];

    /// As a link says it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Place => "place",
            Self::Pair => "pair",
            Self::Z => "z",
            Self::Spread => "spread",
            Self::Beta => "beta",
            Self::P => "p",
            Self::HalfLife => "halfLife",
            Self::Correlation => "correlation",
            Self::Age => "age",
        }
    }

    /// Large values first, where those are what one looks for.
    pub(crate) const fn is_large_first(self) -> bool {
        matches!(self, Self::Z | Self::Correlation)
    }
}

/// How the table is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Sorting {
    pub(crate) column: Column,
    pub(crate) is_descending: bool,
}

impl Sorting {
    /// After a click on a heading: by it, then the other way round, then as the list is.
    pub(crate) fn clicked(self, column: Column) -> Self {
        let first = column.is_large_first();
        if self.column != column {
            Self {
                column,
                is_descending: first,
            }
        } else if self.is_descending == first {
            Self {
                column,
                is_descending: !first,
            }
        } else {
            Self::default()
        }
    }

    /// `-z`: by z, large values first.
    pub(crate) fn word(self) -> String {
        let sign = if self.is_descending { "-" } else { "" };
        format!("{sign}{}", self.column.word())
    }

    /// Reads the word of a link.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        let (is_descending, word) = word
            .strip_prefix('-')
            .map_or((false, word), |word| (true, word));
        let column = Column::SHOWN
            .into_iter()
            .find(|column| column.word() == word)?;
        Some(Self {
            column,
            is_descending,
        })
    }

    /// Puts rows in order. Those without the figure come last, whichever way round.
    pub(crate) fn sort(self, rows: &mut [WatchRow]) {
        rows.sort_by(|a, b| {
            let order = match self.column {
                Column::Place => Ordering::Equal,
                Column::Pair => self.turned(a.legs().cmp(&b.legs())),
                column => match (figure(a, column), figure(b, column)) {
                    (Some(a), Some(b)) => self.turned(a.total_cmp(&b)),
                    (a, b) => b.is_some().cmp(&a.is_some()),
                },
            };
            order.then(a.place.cmp(&b.place))
        });
    }

    const fn turned(self, order: Ordering) -> Ordering {
        if self.is_descending {
            order.reverse()
        } else {
            order
        }
    }
}

fn figure(row: &WatchRow, column: Column) -> Option<f64> {
    let figures = row.figures?;
    match column {
        Column::Place | Column::Pair => None,
        Column::Z => figures.z.map(f64::abs),
        Column::Spread => figures.spread,
        Column::Beta => figures.beta,
        Column::P => figures.p_value,
        // Bars of different lengths do not compare.
        Column::HalfLife => figures.half_life_ms,
        Column::Correlation => figures.correlation,
        Column::Age => Some(-(figures.updated_at as f64)),
    }
}

/// The rows as they are sorted.
pub(crate) fn csv(rows: &[WatchRow]) -> String {
    let names = [
        "y",
        "x",
        "interval",
        "model",
        "state",
        "updated_at",
        "time",
        "closed",
        "y_close",
        "x_close",
        "z",
        "spread",
        "beta",
        "p_value",
        "half_life_bars",
        "correlation",
    ];
    let cells = |row: &WatchRow| {
        let params = row.params.as_ref()?;
        let figures = row.figures;
        let of = |value: fn(WatchlistFigures) -> Option<f64>| number(figures.and_then(value));
        Some([
            words(&params.y),
            words(&params.x),
            params.interval.clone(),
            params.model.to_string(),
            row.state.to_string(),
            time(figures.map(|figures| figures.updated_at)),
            time(figures.map(|figures| figures.time)),
            figures.map_or_else(String::new, |figures| figures.closed.to_string()),
            of(|figures| Some(figures.y)),
            of(|figures| Some(figures.x)),
            of(|figures| figures.z),
            of(|figures| figures.spread),
            of(|figures| figures.beta),
            of(|figures| figures.p_value),
            of(|figures| figures.half_life_bars),
            of(|figures| figures.correlation),
        ])
    };
    table(names, rows.iter().filter_map(cells))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(place: u32, legs: (&str, &str), z: Option<f64>) -> WatchRow {
        let params = format!(
            r#"{{"y":"simulated:{}","x":"simulated:{}","ySource":"live","xSource":"live","interval":"1m","limit":1000,"model":"ols",
            "fit":"walk_forward","lookback":500,"transform":"log","window":60,"baseline":"inclusive","z":"rolling",
            "correlationOf":"returns","entry":2.0,"exit":0.5,"maxFill":0,"open":true}}"#,
            legs.0, legs.1
        );
        WatchRow {
            place,
            params: Some(serde_json::from_str(&params).unwrap()),
            state: WatchlistState::Ok,
            detail: None,
            figures: z.map(|z| WatchlistFigures {
                updated_at: 1_000,
                time: 0,
                closed: false,
                y: 2.0,
                x: 1.0,
                z: Some(z),
                spread: Some(0.25),
                beta: None,
                correlation: None,
                tested_time: None,
                p_value: None,
                cointegrated: None,
                half_life_bars: None,
                half_life_ms: None,
            }),
        }
    }

    fn places(rows: &[WatchRow]) -> Vec<u32> {
        rows.iter().map(|row| row.place).collect()
    }

    #[test]
    fn z_is_sorted_by_its_size_and_what_has_none_comes_last_either_way() {
        let mut rows = [
            row(0, ("A", "B"), None),
            row(1, ("A", "C"), Some(-2.5)),
            row(2, ("B", "C"), Some(1.0)),
        ];
        let sorting = Sorting::default().clicked(Column::Z);
        sorting.sort(&mut rows);
        assert_eq!(places(&rows), [1, 2, 0]);
        sorting.clicked(Column::Z).sort(&mut rows);
        assert_eq!(places(&rows), [2, 1, 0]);
        assert_eq!(
            sorting.clicked(Column::Z).clicked(Column::Z),
            Sorting::default()
        );
    }

    #[test]
    fn an_order_survives_the_way_through_a_link() {
        for column in Column::SHOWN {
            for is_descending in [false, true] {
                let sorting = Sorting {
                    column,
                    is_descending,
                };
                assert_eq!(Sorting::from_word(&sorting.word()), Some(sorting));
            }
        }
        assert_eq!(Sorting::from_word("volume"), None);
    }

    #[test]
    fn a_file_has_every_row_and_an_empty_cell_for_what_is_not_known() {
        let text = csv(&[row(0, ("A", "B"), Some(-2.5)), row(1, ("A", "C"), None)]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[1],
            "simulated:A,simulated:B,1m,ols,ok,1970-01-01T00:00:01Z,1970-01-01T00:00:00Z,false,2,1,-2.5,0.25,,,,"
        );
        let count = |line: &str| line.matches(',').count();
        assert!(
            lines.iter().all(|line| count(line) == count(lines[0])),
            "{lines:?}"
        );
    }

    #[test]
    fn an_update_keeps_the_parameters_that_it_does_not_say() {
        let mut held = row(0, ("A", "B"), Some(1.0));
        held.take(WatchlistRow {
            place: 0,
            params: None,
            state: WatchlistState::Stale,
            detail: Some("nothing for a minute".to_owned()),
            too_few: None,
            figures: row(0, ("A", "B"), Some(2.0)).figures,
        });
        assert_eq!(held.legs(), Some(("A", "B")));
        assert!(held.is_beyond());
        assert_eq!(held.state, WatchlistState::Stale);
    }
}
