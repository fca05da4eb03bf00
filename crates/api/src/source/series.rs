//! Bars of a symbol of a dataset, at its own interval or a multiple.

use api_types::BarLength;
use store::{
    BarRange, Store,
    datasets::{self, BucketLength, DatasetBar, SeriesKey, StoredDataset},
};

use crate::problem::ApiError;

/// A symbol of a dataset. It does not change as long as it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DatasetSeries {
    /// Its name as the dataset has it.
    pub(crate) symbol: String,
    /// Step between its rows; `None` where there is one row only.
    pub(crate) interval: Option<BarLength>,
    key: SeriesKey,
}

/// Which bars: those that start in `[from_ms, to_ms)`; the first `limit` of them, or the last where there is
/// no `from_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from_ms: Option<i64>,
    pub(crate) to_ms: Option<i64>,
    pub(crate) limit: u32,
}

/// The dataset of this id.
pub(crate) async fn dataset(store: &Store, id: i64) -> Result<StoredDataset, ApiError> {
    datasets::find(store, id)
        .await?
        .ok_or(ApiError::UnknownDataset(id))
}

impl DatasetSeries {
    /// The symbol of a dataset; its name is taken in any case.
    pub(crate) async fn find(store: &Store, id: i64, symbol: &str) -> Result<Self, ApiError> {
        let dataset = dataset(store, id).await?;
        let Some((key, series)) = dataset.series(symbol) else {
            let known = dataset.dataset.series.iter().take(20);
            return Err(ApiError::UnknownSeries {
                dataset: id,
                symbol: symbol.to_owned(),
                known: known.map(|series| series.symbol.clone()).collect(),
            });
        };
        Ok(Self {
            symbol: series.symbol.clone(),
            interval: series.interval_ms.and_then(BarLength::from_ms),
            key,
        })
    }

    /// Bars of this length, ascending, each at the start of its bucket.
    ///
    /// # Errors
    /// When the length is no multiple of the symbol's own: the parameter `interval` is wrong then.
    pub(crate) async fn bars(
        &self,
        store: &Store,
        length: BarLength,
        span: Span,
    ) -> Result<Vec<DatasetBar>, ApiError> {
        if let Some(own) = self.interval
            && !length.is_multiple_of(own)
        {
            return Err(ApiError::bad_parameter(
                "interval",
                format!(
                    "is {length}, but rows of {} are {own} apart; {own} and its multiples are allowed",
                    self.symbol
                ),
            ));
        }
        let length = BucketLength {
            ms: length.ms(),
            origin_ms: length.origin_ms(),
        };
        Ok(match span.from_ms {
            Some(from_ms) => {
                let range = BarRange {
                    from_ms,
                    to_ms: span.to_ms,
                    limit: span.limit,
                };
                datasets::read(store, self.key, length, range).await?
            }
            None => datasets::read_newest(store, self.key, length, span.to_ms, span.limit).await?,
        })
    }
}
