//! `GET /api/v1/bars`: open, high, low, close and volumes.

use serde::{Deserialize, Serialize};

use crate::{Interval, Origin, Venue};

/// Answer of `GET /api/v1/bars`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BarsResponse {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// The parameters in force.
    pub params: BarsParams,
    /// The bars, ascending in time. The last one may be open.
    pub bars: BarColumns,
}

/// Parameters of `GET /api/v1/bars`, defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BarsParams {
    /// Name of the market.
    pub symbol: String,
    /// Where it is traded.
    pub venue: Venue,
    /// Length of a bar.
    pub interval: Interval,
    /// At most so many bars.
    pub limit: u32,
    /// Bars that start at or after this time, ms since the epoch. With it the first `limit` bars of
    /// the range are answered, without it the last ones.
    pub start_time: Option<i64>,
    /// Bars that start at or before this time, ms since the epoch.
    pub end_time: Option<i64>,
}

/// Bars as columns of equal length.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BarColumns {
    /// Start of the bucket, ms since the epoch, ascending, each once. Buckets without a trade are absent.
    pub time: Vec<i64>,
    /// First price, by trade id.
    pub open: Vec<f64>,
    /// Highest price.
    pub high: Vec<f64>,
    /// Lowest price.
    pub low: Vec<f64>,
    /// Last price, by trade id.
    pub close: Vec<f64>,
    /// Base currency traded.
    pub volume: Vec<f64>,
    /// Quote currency traded.
    pub quote_volume: Vec<f64>,
    /// Part of `volume` in which the taker bought.
    pub buy_volume: Vec<f64>,
    /// Fills, as the exchange's klines count them.
    pub trades: Vec<i64>,
    /// False while further trades of the bucket are to be expected.
    pub closed: Vec<bool>,
    /// False where trades of the bucket are known to be missing.
    pub complete: Vec<bool>,
    /// What the bar is made of.
    pub origin: Vec<Origin>,
}

/// One row of [`BarColumns`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BarRow {
    /// Start of the bucket, ms since the epoch.
    pub time: i64,
    /// First price, by trade id.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price, by trade id.
    pub close: f64,
    /// Base currency traded.
    pub volume: f64,
    /// Quote currency traded.
    pub quote_volume: f64,
    /// Part of `volume` in which the taker bought.
    pub buy_volume: f64,
    /// Fills.
    pub trades: i64,
    /// False while further trades of the bucket are to be expected.
    pub closed: bool,
    /// False where trades of the bucket are known to be missing.
    pub complete: bool,
    /// What the bar is made of.
    pub origin: Origin,
}

impl BarColumns {
    /// Number of bars.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether there is no bar.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// Appends a bar; the caller keeps the order of time.
    pub fn push(&mut self, row: &BarRow) {
        self.time.push(row.time);
        self.open.push(row.open);
        self.high.push(row.high);
        self.low.push(row.low);
        self.close.push(row.close);
        self.volume.push(row.volume);
        self.quote_volume.push(row.quote_volume);
        self.buy_volume.push(row.buy_volume);
        self.trades.push(row.trades);
        self.closed.push(row.closed);
        self.complete.push(row.complete);
        self.origin.push(row.origin);
    }

    /// The bar at `index`; `None` past the end, or where a column is shorter than `time` (which no
    /// server sends).
    #[must_use]
    pub fn row(&self, index: usize) -> Option<BarRow> {
        Some(BarRow {
            time: *self.time.get(index)?,
            open: *self.open.get(index)?,
            high: *self.high.get(index)?,
            low: *self.low.get(index)?,
            close: *self.close.get(index)?,
            volume: *self.volume.get(index)?,
            quote_volume: *self.quote_volume.get(index)?,
            buy_volume: *self.buy_volume.get(index)?,
            trades: *self.trades.get(index)?,
            closed: *self.closed.get(index)?,
            complete: *self.complete.get(index)?,
            origin: *self.origin.get(index)?,
        })
    }

    /// The bars in ascending order of time.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = BarRow> + '_ {
        (0..self.len()).filter_map(|index| self.row(index))
    }
}

impl FromIterator<BarRow> for BarColumns {
    fn from_iter<I: IntoIterator<Item = BarRow>>(rows: I) -> Self {
        let mut columns = Self::default();
        for row in rows {
            columns.push(&row);
        }
        columns
    }
}
