//! What a good file holds.

use api_types::{BarLength, FileReading};

/// What a good file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Its symbols, in the order of the file: [`Row::series`](crate::Row::series) is a position herein. In wide
    /// files some may have no rows.
    pub series: Vec<SeriesSummary>,
    /// Rows of all symbols.
    pub rows: u64,
    /// How it was read.
    pub reading: FileReading,
}

/// A symbol of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesSummary {
    /// Its name.
    pub symbol: String,
    /// How many rows it has.
    pub rows: u64,
    /// Most frequent step between two rows; `None` where there is one row only, or steps are longer than ten
    /// years.
    pub interval: Option<BarLength>,
    /// Time of the first row, ms since the epoch.
    pub first_ms: i64,
    /// Time of the last row, ms since the epoch.
    pub last_ms: i64,
    /// Places where more than one interval lies between two rows.
    pub gaps: u64,
    /// Rows that would fill them.
    pub missing: u64,
    /// Steps that are no multiple of the interval.
    pub irregular: u64,
}
