//! From stored datasets to what is sent.

use api_types::{BarLength, Dataset, DatasetColumns, DatasetSeries, FileReading};
use store::datasets::{DatasetBar, StoredDataset};

use crate::problem::ApiError;

pub(super) fn dataset(stored: &StoredDataset) -> Result<Dataset, ApiError> {
    let id = stored.dataset_id;
    let dataset = &stored.dataset;
    let reading: FileReading = serde_json::from_value(dataset.reading.clone())
        .map_err(|error| ApiError::Internal(format!("reading of dataset {id}: {error}")))?;
    let series = dataset.series.iter().map(|series| DatasetSeries {
        symbol: series.symbol.clone(),
        rows: series.rows,
        interval: series.interval_ms.and_then(BarLength::from_ms),
        first: series.first_ms,
        last: series.last_ms,
        gaps: series.gaps,
        missing: series.missing,
        irregular: series.irregular,
    });
    Ok(Dataset {
        id,
        source: format!("dataset:{id}"),
        name: dataset.name.clone(),
        created_at: stored.created_ms,
        rows: stored.rows,
        bytes: dataset.bytes,
        series: series.collect(),
        reading,
    })
}

/// Rows or bars as columns.
pub(crate) fn columns(rows: &[DatasetBar]) -> DatasetColumns {
    DatasetColumns {
        time: rows.iter().map(|row| row.time_ms).collect(),
        open: rows.iter().map(|row| row.open).collect(),
        high: rows.iter().map(|row| row.high).collect(),
        low: rows.iter().map(|row| row.low).collect(),
        close: rows.iter().map(|row| row.close).collect(),
        volume: rows.iter().map(|row| row.volume).collect(),
    }
}
