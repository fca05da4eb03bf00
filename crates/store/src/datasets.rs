//! Uploaded series: written and deleted as a whole, read by symbol.
//!
//! Reads go to the reading side; where a replica does not have a dataset yet, to the primary, so that whoever
//! has just uploaded one finds it.

mod catalogue;
mod copy;
mod read;
mod resample;
mod write;

use serde_json::Value;

use crate::Store;

pub use catalogue::{delete, find, list};
pub use read::{page, read, read_newest};
pub use resample::{BucketLength, Resampler};
pub use write::write;

/// A dataset to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDataset {
    /// Its name.
    pub name: String,
    /// Size of the file that it came in, bytes.
    pub bytes: i64,
    /// How that was read; kept as it is.
    pub reading: Value,
    /// Its series, each with at least one row; the position is the number by which rows name it.
    pub series: Vec<NewSeries>,
}

/// A series of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSeries {
    /// Its name, unique in the dataset.
    pub symbol: String,
    /// How many rows it has.
    pub rows: i64,
    /// Most frequent step between two rows, ms.
    pub interval_ms: Option<i64>,
    /// Time of the first row, ms since the epoch.
    pub first_ms: i64,
    /// Time of the last row, ms since the epoch.
    pub last_ms: i64,
    /// Places where more than one interval lies between two rows.
    pub gaps: i64,
    /// Rows that would fill them.
    pub missing: i64,
    /// Steps that are no multiple of the interval.
    pub irregular: i64,
}

/// A dataset as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredDataset {
    /// Its id.
    pub dataset_id: i64,
    /// When it was written, ms since the epoch.
    pub created_ms: i64,
    /// Rows of all series.
    pub rows: i64,
    /// The rest, series by position.
    pub dataset: NewDataset,
    side: Side,
}

impl StoredDataset {
    /// The series of this name: exactly, or but for the case.
    #[must_use]
    pub fn series(&self, symbol: &str) -> Option<(SeriesKey, &NewSeries)> {
        let series = &self.dataset.series;
        let exactly = series.iter().position(|series| series.symbol == symbol);
        let position = exactly.or_else(|| {
            let upper = symbol.trim().to_uppercase();
            series
                .iter()
                .position(|series| series.symbol.to_uppercase() == upper)
        })?;
        Some((self.key(position), &series[position]))
    }

    /// What reads the series at this position.
    ///
    /// # Panics
    /// When there are two thousand million series.
    #[must_use]
    pub fn key(&self, position: usize) -> SeriesKey {
        SeriesKey {
            dataset_id: self.dataset_id,
            series_no: i32::try_from(position).expect("datasets have few series"),
            side: self.side,
        }
    }
}

/// Which series to read, and from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesKey {
    dataset_id: i64,
    series_no: i32,
    side: Side,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Reading,
    Primary,
}

impl Side {
    fn pool(self, store: &Store) -> &sqlx::PgPool {
        match self {
            Self::Reading => store.read_pool(),
            Self::Primary => store.write_pool(),
        }
    }
}

/// A row of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DatasetBar {
    /// Its time, ms since the epoch.
    pub time_ms: i64,
    /// First price.
    pub open: Option<f64>,
    /// Highest price.
    pub high: Option<f64>,
    /// Lowest price.
    pub low: Option<f64>,
    /// Last price.
    pub close: f64,
    /// Volume.
    pub volume: Option<f64>,
}
