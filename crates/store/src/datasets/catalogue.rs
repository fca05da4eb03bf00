//! Which datasets there are.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{NewDataset, NewSeries, Side, StoredDataset};
use crate::{Result, Store, time::to_ms};

#[derive(sqlx::FromRow)]
struct DatasetRow {
    dataset_id: i64,
    name: String,
    created_at: DateTime<Utc>,
    bytes: i64,
    rows: i64,
    reading: Value,
}

#[derive(sqlx::FromRow)]
struct SeriesRow {
    dataset_id: i64,
    symbol: String,
    rows: i64,
    interval_ms: Option<i64>,
    first_time: DateTime<Utc>,
    last_time: DateTime<Utc>,
    gaps: i64,
    missing: i64,
    irregular: i64,
}

impl From<SeriesRow> for NewSeries {
    fn from(row: SeriesRow) -> Self {
        Self {
            symbol: row.symbol,
            rows: row.rows,
            interval_ms: row.interval_ms,
            first_ms: to_ms(row.first_time),
            last_ms: to_ms(row.last_time),
            gaps: row.gaps,
            missing: row.missing,
            irregular: row.irregular,
        }
    }
}

/// All datasets, newest first, as the primary has them.
///
/// # Errors
/// Only those of the database.
pub async fn list(store: &Store) -> Result<Vec<StoredDataset>> {
    select(store, Side::Primary, None).await
}

/// The dataset of this id, if there is one.
///
/// # Errors
/// Only those of the database.
pub async fn find(store: &Store, dataset_id: i64) -> Result<Option<StoredDataset>> {
    for side in [Side::Reading, Side::Primary] {
        let found = select(store, side, Some(dataset_id)).await?;
        if let Some(found) = found.into_iter().next() {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Deletes a dataset; returns how many rows it had, `None` if there was none.
///
/// # Errors
/// Only those of the database; the dataset is there as before then.
pub async fn delete(store: &Store, dataset_id: i64) -> Result<Option<i64>> {
    let mut tx = store.write_pool().begin().await?;
    let rows: Option<i64> =
        sqlx::query_scalar("DELETE FROM datasets WHERE dataset_id = $1 RETURNING rows")
            .bind(dataset_id)
            .fetch_optional(&mut *tx)
            .await?;
    sqlx::query("DELETE FROM dataset_bars WHERE dataset_id = $1")
        .bind(dataset_id)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(rows)
}

async fn select(store: &Store, side: Side, only: Option<i64>) -> Result<Vec<StoredDataset>> {
    let datasets: Vec<DatasetRow> = sqlx::query_as(
        "SELECT dataset_id, name, created_at, bytes, rows, reading FROM datasets
         WHERE $1::bigint IS NULL OR dataset_id = $1 ORDER BY dataset_id DESC",
    )
    .bind(only)
    .fetch_all(side.pool(store))
    .await?;
    if datasets.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = datasets.iter().map(|dataset| dataset.dataset_id).collect();
    let series: Vec<SeriesRow> = sqlx::query_as(
        "SELECT dataset_id, symbol, rows, interval_ms, first_time, last_time, gaps, missing, irregular
         FROM dataset_series WHERE dataset_id = ANY($1) ORDER BY dataset_id DESC, series_no",
    )
    .bind(&ids)
    .fetch_all(side.pool(store))
    .await?;
    let mut series = series.into_iter().peekable();
    let mut found = Vec::with_capacity(datasets.len());
    for row in datasets {
        let mut own = Vec::new();
        while let Some(of_this) = series.next_if(|series| series.dataset_id == row.dataset_id) {
            own.push(NewSeries::from(of_this));
        }
        // Deleted between the two queries.
        if own.is_empty() {
            continue;
        }
        found.push(StoredDataset {
            dataset_id: row.dataset_id,
            created_ms: to_ms(row.created_at),
            rows: row.rows,
            dataset: NewDataset {
                name: row.name,
                bytes: row.bytes,
                reading: row.reading,
                series: own,
            },
            side,
        });
    }
    Ok(found)
}
