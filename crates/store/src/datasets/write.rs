//! Writing a dataset, whole or not at all.

use std::{io, pin::pin};

use futures::{Stream, StreamExt};

use super::{
    DatasetBar, NewDataset, Side, StoredDataset,
    copy::{TRAILER, encode, header},
};
use crate::{
    Result, Store, StoreError,
    time::{from_ms, to_ms},
};

const COPY: &str = "COPY dataset_bars (dataset_id, series_no, time, open, high, low, close, volume)
                    FROM STDIN (FORMAT binary)";

/// Writes a dataset in one transaction. Rows come in any order, named by the position of their series, and
/// are not held in memory. If the call is dropped, nothing is written.
///
/// # Errors
/// [`StoreError::Source`] when the stream of rows breaks, and those of the database; nothing is written
/// then.
pub async fn write<S>(store: &Store, dataset: &NewDataset, rows: S) -> Result<StoredDataset>
where
    S: Stream<Item = io::Result<Vec<(i32, DatasetBar)>>> + Send,
{
    let mut tx = store.write_pool().begin().await?;
    let expected: i64 = dataset.series.iter().map(|series| series.rows).sum();
    let (dataset_id, created_at): (i64, chrono::DateTime<chrono::Utc>) = sqlx::query_as(
        "INSERT INTO datasets (name, bytes, rows, reading) VALUES ($1, $2, $3, $4)
         RETURNING dataset_id, created_at",
    )
    .bind(&dataset.name)
    .bind(dataset.bytes)
    .bind(expected)
    .bind(&dataset.reading)
    .fetch_one(&mut *tx)
    .await?;
    insert_series(&mut tx, dataset_id, dataset).await?;

    let mut rows = pin!(rows);
    let mut copy = tx.copy_in_raw(COPY).await?;
    copy.send(header()).await?;
    while let Some(some) = rows.next().await {
        match some {
            Ok(some) => copy.send(encode(dataset_id, &some)).await.map(drop)?,
            Err(error) => {
                copy.abort("the rows could not be read").await?;
                return Err(StoreError::Source(error));
            }
        }
    }
    copy.send(TRAILER.as_slice()).await?;
    let written = copy.finish().await?;
    if i64::try_from(written) != Ok(expected) {
        let error = format!("{written} rows came, {expected} were announced");
        return Err(StoreError::Source(io::Error::other(error)));
    }
    tx.commit().await?;
    Ok(StoredDataset {
        dataset_id,
        created_ms: to_ms(created_at),
        rows: expected,
        dataset: dataset.clone(),
        side: Side::Primary,
    })
}

async fn insert_series(
    connection: &mut sqlx::PgConnection,
    dataset_id: i64,
    dataset: &NewDataset,
) -> Result<()> {
    let series = &dataset.series;
    let column = |value: fn(&super::NewSeries) -> i64| series.iter().map(value).collect::<Vec<_>>();
    let names: Vec<&str> = series.iter().map(|series| series.symbol.as_str()).collect();
    let intervals: Vec<Option<i64>> = series.iter().map(|series| series.interval_ms).collect();
    let first: Vec<_> = series
        .iter()
        .map(|series| from_ms(series.first_ms))
        .collect();
    let last: Vec<_> = series
        .iter()
        .map(|series| from_ms(series.last_ms))
        .collect();
    sqlx::query(
        "INSERT INTO dataset_series (dataset_id, series_no, symbol, rows, interval_ms, first_time, last_time,
                                     gaps, missing, irregular)
         SELECT $1, (no - 1)::int, symbol, rows, interval_ms, first_time, last_time, gaps, missing, irregular
         FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::timestamptz[],
                     $7::bigint[], $8::bigint[], $9::bigint[]) WITH ORDINALITY
             AS s (symbol, rows, interval_ms, first_time, last_time, gaps, missing, irregular, no)",
    )
    .bind(dataset_id)
    .bind(names)
    .bind(column(|series| series.rows))
    .bind(intervals)
    .bind(first)
    .bind(last)
    .bind(column(|series| series.gaps))
    .bind(column(|series| series.missing))
    .bind(column(|series| series.irregular))
    .execute(connection)
    .await?;
    Ok(())
}
