//! Rows of a series, as they were uploaded or put together to longer bars.

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;

use super::{BucketLength, DatasetBar, Resampler, SeriesKey};
use crate::{
    BarRange, Result, Store,
    time::{from_ms, to_ms},
};

/// Rows that are read at once.
const PAGE_ROWS: i64 = 20_000;

#[derive(sqlx::FromRow)]
struct Row {
    time: DateTime<Utc>,
    open: Option<f64>,
    high: Option<f64>,
    low: Option<f64>,
    close: f64,
    volume: Option<f64>,
}

impl From<Row> for DatasetBar {
    fn from(row: Row) -> Self {
        Self {
            time_ms: to_ms(row.time),
            open: row.open,
            high: row.high,
            low: row.low,
            close: row.close,
            volume: row.volume,
        }
    }
}

/// Rows as they were uploaded, ascending: the first `limit` behind `after_ms`. To page on, read again from
/// the last one.
///
/// # Errors
/// Only those of the database.
pub async fn page(
    store: &Store,
    key: SeriesKey,
    after_ms: Option<i64>,
    limit: u32,
) -> Result<Vec<DatasetBar>> {
    let from_ms = after_ms.map_or(i64::MIN, |after_ms| after_ms + 1);
    select(store, key, from_ms, i64::MAX, i64::from(limit), "ASC").await
}

/// The first bars of this length that start in the range, ascending.
///
/// Cost: in proportion to the rows in them.
///
/// # Errors
/// Only those of the database.
pub async fn read(
    store: &Store,
    key: SeriesKey,
    length: BucketLength,
    range: BarRange,
) -> Result<Vec<DatasetBar>> {
    let limit = range.limit as usize;
    // A bar that starts in the range has all of its rows there, but for rows before its start.
    let mut next_ms = length.at_or_after(range.from_ms);
    let to_ms = range
        .to_ms
        .map_or(i64::MAX, |to_ms| length.at_or_after(to_ms));
    let mut bars = Resampler::new(length);
    loop {
        let rows = select(store, key, next_ms, to_ms, PAGE_ROWS, "ASC").await?;
        let last = rows.last().map(|row| row.time_ms);
        let ended = (rows.len() as i64) < PAGE_ROWS;
        rows.iter().for_each(|row| bars.push(row));
        match last {
            // The bar after the last one wanted has begun, so that one is whole.
            Some(last) if !ended && bars.len() <= limit => next_ms = last + 1,
            _ => break,
        }
    }
    let mut bars = bars.into_bars();
    bars.truncate(limit);
    Ok(bars)
}

/// The last `limit` bars of this length that start before `to_ms`, ascending.
///
/// Cost: in proportion to the rows in them.
///
/// # Errors
/// Only those of the database.
pub async fn read_newest(
    store: &Store,
    key: SeriesKey,
    length: BucketLength,
    to_ms: Option<i64>,
    limit: u32,
) -> Result<Vec<DatasetBar>> {
    let limit = limit as usize;
    let mut before_ms = to_ms.map_or(i64::MAX, |to_ms| length.at_or_after(to_ms));
    // Newest first, so that no more is read than needed; and the rows of one bar are held at a time.
    let mut bars: Vec<DatasetBar> = Vec::new();
    let mut of_bar: Vec<DatasetBar> = Vec::new();
    'pages: loop {
        let rows = select(store, key, i64::MIN, before_ms, PAGE_ROWS, "DESC").await?;
        for row in &rows {
            let bucket_of = |row: &DatasetBar| length.bucket_of(row.time_ms);
            if of_bar
                .first()
                .is_some_and(|first| bucket_of(first) != bucket_of(row))
            {
                bars.extend(bar(length, &of_bar));
                of_bar.clear();
                if bars.len() == limit {
                    break 'pages;
                }
            }
            of_bar.push(*row);
        }
        match rows.last() {
            Some(last) if rows.len() as i64 == PAGE_ROWS => before_ms = last.time_ms,
            _ => break,
        }
    }
    bars.extend(bar(length, &of_bar));
    bars.reverse();
    Ok(bars)
}

/// The bar of rows of one bucket that come newest first.
fn bar(length: BucketLength, rows: &[DatasetBar]) -> Option<DatasetBar> {
    let mut bars = Resampler::new(length);
    rows.iter().rev().for_each(|row| bars.push(row));
    bars.into_bars().pop()
}

/// Rows with a time in `[from_ms, to_ms)`.
async fn select(
    store: &Store,
    key: SeriesKey,
    from_ms: i64,
    to_ms: i64,
    limit: i64,
    direction: &'static str,
) -> Result<Vec<DatasetBar>> {
    let sql = format!(
        "SELECT time, open, high, low, close, volume FROM dataset_bars
         WHERE dataset_id = $1 AND series_no = $2 AND time >= $3 AND time < $4
         ORDER BY time {direction} LIMIT $5"
    );
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(key.dataset_id)
        .bind(key.series_no)
        .bind(bound(from_ms))
        .bind(bound(to_ms))
        .bind(limit)
        .fetch_all(key.side.pool(store))
        .await?;
    Ok(rows.into_iter().map(DatasetBar::from).collect())
}

/// A bound of a time as the database can hold it: datasets have none before 1900 or after 2199.
fn bound(ms: i64) -> DateTime<Utc> {
    const YEAR_1000_MS: i64 = -30_610_224_000_000;
    const YEAR_9000_MS: i64 = 221_845_392_000_000;
    from_ms(ms.clamp(YEAR_1000_MS, YEAR_9000_MS))
}
