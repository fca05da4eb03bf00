//! A plain binary COPY: the limit that write paths are measured against.

use std::time::{Duration, Instant};

use anyhow::Result;
use market::Trade;
use sqlx::{Connection, PgConnection, postgres::PgCopyIn};
use store::SymbolId;

/// 2000-01-01 in milliseconds since 1970: where PostgreSQL's times begin.
const PG_EPOCH_MS: i64 = 946_684_800_000;

/// Copies the rows into `trades` in one statement, sorted, and says how long that took: everything is encoded
/// before the clock runs.
///
/// # Errors
/// What the database says.
pub async fn copy_trades(
    connection: &mut PgConnection,
    rows: &[(SymbolId, Trade)],
) -> Result<Duration> {
    let mut rows = rows.to_vec();
    rows.sort_by_key(|(id, trade)| (*id, trade.agg_id));
    let mut data = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
    for (id, trade) in &rows {
        data.extend(7_i16.to_be_bytes());
        let fields: [&[u8]; 7] = [
            &id.0.to_be_bytes(),
            &trade.agg_id.to_be_bytes(),
            &((trade.time_ms - PG_EPOCH_MS) * 1_000).to_be_bytes(),
            &trade.price.to_be_bytes(),
            &trade.qty.to_be_bytes(),
            &trade.fills.to_be_bytes(),
            &[u8::from(trade.buyer_is_maker)],
        ];
        for field in fields {
            data.extend((field.len() as i32).to_be_bytes());
            data.extend(field);
        }
    }
    data.extend((-1_i16).to_be_bytes());
    let started = Instant::now();
    let mut sink: PgCopyIn<_> = connection
        .copy_in_raw(
            "COPY trades (symbol_id, agg_id, time, price, qty, fills, buyer_is_maker)
             FROM STDIN (FORMAT binary)",
        )
        .await?;
    sink.send(data).await?;
    sink.finish().await?;
    Ok(started.elapsed())
}

/// As [`copy_trades`], on a connection of its own to `url`.
///
/// # Errors
/// What the database says.
pub async fn copy_trades_to(url: &str, rows: &[(SymbolId, Trade)]) -> Result<Duration> {
    copy_trades(&mut PgConnection::connect(url).await?, rows).await
}
