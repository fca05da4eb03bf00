//! Klines of the exchange. They fill the charts where no trades were stored.

use chrono::{DateTime, Utc};
use market::{Bar, Interval};

use crate::{
    Result, Store, SymbolId,
    events::notify,
    notifications,
    time::{from_ms, to_ms},
};

/// A stretch of time of which everything was fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// Its start: that of its first kline.
    pub from_ms: i64,
    /// Its end: that of its last kline.
    pub to_ms: i64,
}

/// Stores a page of closed klines as the exchange sent it: ascending, without a hole.
///
/// The page counts as covered from its first to its last kline. Klines without trades are not
/// stored (there are no synthetic bars), but count for that; so hand them over. Klines that are
/// there already are replaced. Coarser levels that the exchange is not asked for (5m and 15m from
/// 1m, 4h from 1h) are derived at once where they are covered wholly. Readers are notified.
///
/// # Errors
/// Only those of the database; nothing of the page is stored then.
pub async fn write_klines(
    store: &Store,
    symbol_id: SymbolId,
    interval: Interval,
    klines: &[Bar],
) -> Result<()> {
    let (Some(first), Some(last)) = (klines.first(), klines.last()) else {
        return Ok(());
    };
    let (from_ms, to_ms) = (first.bucket_ms, last.bucket_ms + interval.ms());
    let mut tx = store.write_pool().begin().await?;
    // One writer a symbol at a time: ranges are merged by reading what is there.
    sqlx::query("SELECT FROM symbols WHERE symbol_id = $1 FOR NO KEY UPDATE")
        .bind(symbol_id)
        .execute(&mut *tx)
        .await?;
    let real: Vec<&Bar> = klines.iter().filter(|bar| bar.trades > 0).collect();
    let column = |value: fn(&Bar) -> f64| real.iter().map(|bar| value(bar)).collect::<Vec<_>>();
    sqlx::query(
        "INSERT INTO history (symbol_id, level, bucket, open, high, low, close, volume,
                              quote_volume, buy_volume, trades)
         SELECT $1, $2, * FROM unnest($3::timestamptz[], $4::float8[], $5::float8[], $6::float8[],
                                      $7::float8[], $8::float8[], $9::float8[], $10::float8[],
                                      $11::bigint[])
         ON CONFLICT (symbol_id, level, bucket) DO UPDATE SET
             open = excluded.open, high = excluded.high, low = excluded.low,
             close = excluded.close, volume = excluded.volume,
             quote_volume = excluded.quote_volume, buy_volume = excluded.buy_volume,
             trades = excluded.trades",
    )
    .bind(symbol_id)
    .bind(interval.as_str())
    .bind(
        real.iter()
            .map(|bar| self::from_ms(bar.bucket_ms))
            .collect::<Vec<_>>(),
    )
    .bind(column(|bar| bar.open))
    .bind(column(|bar| bar.high))
    .bind(column(|bar| bar.low))
    .bind(column(|bar| bar.close))
    .bind(column(|bar| bar.volume))
    .bind(column(|bar| bar.quote_volume))
    .bind(column(|bar| bar.buy_volume))
    .bind(real.iter().map(|bar| bar.trades).collect::<Vec<_>>())
    .execute(&mut *tx)
    .await?;
    cover(&mut tx, symbol_id, interval, from_ms, to_ms).await?;
    let derived: &[Interval] = match interval {
        Interval::M1 => &[Interval::M5, Interval::M15],
        Interval::H1 => &[Interval::H4],
        _ => &[],
    };
    for coarser in derived {
        derive(&mut tx, symbol_id, interval, *coarser, from_ms, to_ms).await?;
    }
    notify(&mut *tx, &notifications::changed_payloads(&[symbol_id])).await?;
    tx.commit().await?;
    Ok(())
}

/// Adds a range to the coverage, merged with those that it touches.
async fn cover(
    connection: &mut sqlx::PgConnection,
    symbol_id: SymbolId,
    interval: Interval,
    from_ms: i64,
    to_ms: i64,
) -> Result<()> {
    sqlx::query(
        "WITH touching AS (
             DELETE FROM history_coverage
             WHERE symbol_id = $1 AND level = $2 AND from_time <= $4 AND to_time >= $3
             RETURNING from_time, to_time)
         , merged AS (
             SELECT least($3, min(from_time)) AS from_time, greatest($4, max(to_time)) AS to_time
             FROM touching)
         INSERT INTO history_coverage (symbol_id, level, from_time, to_time)
         SELECT $1, $2, from_time, to_time FROM merged",
    )
    .bind(symbol_id)
    .bind(interval.as_str())
    .bind(self::from_ms(from_ms))
    .bind(self::from_ms(to_ms))
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes the coarser klines of the buckets that the range touches and the coverage holds wholly.
async fn derive(
    connection: &mut sqlx::PgConnection,
    symbol_id: SymbolId,
    finer: Interval,
    coarser: Interval,
    from_ms: i64,
    to_ms: i64,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO history (symbol_id, level, bucket, open, high, low, close, volume,
                              quote_volume, buy_volume, trades)
         SELECT $1, $3, b.bucket, (array_agg(h.open ORDER BY h.bucket))[1], max(h.high),
                min(h.low), (array_agg(h.close ORDER BY h.bucket DESC))[1], sum(h.volume),
                sum(h.quote_volume), sum(h.buy_volume), sum(h.trades)
         FROM history h
         CROSS JOIN LATERAL (SELECT date_bin($4, h.bucket, 'epoch') AS bucket) b
         WHERE h.symbol_id = $1 AND h.level = $2 AND h.bucket >= $5 AND h.bucket < $6
         GROUP BY b.bucket
         HAVING EXISTS (
             SELECT FROM history_coverage c
             WHERE c.symbol_id = $1 AND c.level = $2
               AND c.from_time <= b.bucket AND c.to_time >= b.bucket + $4)
         ON CONFLICT (symbol_id, level, bucket) DO UPDATE SET
             open = excluded.open, high = excluded.high, low = excluded.low,
             close = excluded.close, volume = excluded.volume,
             quote_volume = excluded.quote_volume, buy_volume = excluded.buy_volume,
             trades = excluded.trades",
    )
    .bind(symbol_id)
    .bind(finer.as_str())
    .bind(coarser.as_str())
    .bind(crate::time::interval(coarser.ms()))
    .bind(self::from_ms(coarser.bucket_of(from_ms)))
    .bind(self::from_ms(coarser.bucket_of(to_ms - 1) + coarser.ms()))
    .execute(connection)
    .await?;
    Ok(())
}

/// Stretches of time whose klines of this interval were fetched, ascending. Derived levels have
/// none of their own.
///
/// # Errors
/// Only those of the database.
pub async fn coverage(
    store: &Store,
    symbol_id: SymbolId,
    interval: Interval,
) -> Result<Vec<Coverage>> {
    let ranges: Vec<(DateTime<Utc>, DateTime<Utc>)> = sqlx::query_as(
        "SELECT from_time, to_time FROM history_coverage
         WHERE symbol_id = $1 AND level = $2 ORDER BY from_time",
    )
    .bind(symbol_id)
    .bind(interval.as_str())
    .fetch_all(store.write_pool())
    .await?;
    Ok(ranges
        .into_iter()
        .map(|(from, to)| Coverage {
            from_ms: to_ms(from),
            to_ms: to_ms(to),
        })
        .collect())
}
