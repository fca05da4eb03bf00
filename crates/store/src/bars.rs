//! Bars of trades and klines, as the charts show them.
//!
//! A bucket's bar is made of stored trades where all of them are stored. Else it is the
//! exchange's kline if there is one; else, for a bucket in which coverage begins or that a gap
//! touches, what its one-minute bars add up to; else what trades there are. No bar is made up:
//! a bucket without trades has none.
//!
//! Bars are exact at every moment, before the roll-ups are refreshed as well as after.

use chrono::{DateTime, Utc};
use market::{Bar, Interval};
use sqlx::{Arguments, AssertSqlSafe, error::BoxDynError, postgres::PgArguments};

use crate::{
    Result, Store, StoreError, SymbolId,
    time::{from_ms, to_ms},
};

/// What a bar is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BarOrigin {
    /// Stored trades.
    Trades,
    /// The exchange's klines.
    Klines,
    /// Klines before a border, trades after it.
    Mixed,
}

impl BarOrigin {
    /// The name used in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trades => "trades",
            Self::Klines => "klines",
            Self::Mixed => "mixed",
        }
    }
}

/// A bar with where it comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StoredBar {
    /// The bar.
    pub bar: Bar,
    /// What it is made of.
    pub origin: BarOrigin,
    /// Whether no trade of the bucket up to now is missing. Whether the bucket is over is told by
    /// the feed's watermark: [`FeedStatus::is_closed`](crate::FeedStatus::is_closed).
    pub complete: bool,
    /// Highest trade id in it: a later trade is not in it yet. `None` unless it ends in trades.
    pub last_agg_id: Option<i64>,
}

/// Which bars to read: those that start in `[from_ms, to_ms)`, the first `limit` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BarRange {
    /// Lower bound of the bar's start; there is always one, as a read without would open every chunk.
    pub from_ms: i64,
    /// Upper bound of the bar's start, exclusive; `None` reads up to the open bar.
    pub to_ms: Option<i64>,
    /// Most bars that are read.
    pub limit: u32,
}

/// Close of a bar, for who needs no more of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StoredClose {
    /// Start of the bucket.
    pub bucket_ms: i64,
    /// Last price.
    pub close: f64,
    /// What the bar is made of.
    pub origin: BarOrigin,
    /// As [`StoredBar::last_agg_id`].
    pub last_agg_id: Option<i64>,
}

/// As much of a bar as is asked for.
trait Selected: Sized {
    const COLUMNS: &'static str;

    /// What a query for these columns answers.
    async fn fetch(store: &Store, sql: String, arguments: PgArguments) -> Result<Vec<Self>>;
}

#[derive(sqlx::FromRow)]
struct Row {
    bucket: DateTime<Utc>,
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    volume: f64,
    quote_volume: f64,
    buy_volume: f64,
    trades: i64,
    origin: String,
    complete: bool,
    last_id: Option<i64>,
}

impl TryFrom<Row> for StoredBar {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            bar: Bar {
                bucket_ms: to_ms(row.bucket),
                open: row.open,
                high: row.high,
                low: row.low,
                close: row.close,
                volume: row.volume,
                quote_volume: row.quote_volume,
                buy_volume: row.buy_volume,
                trades: row.trades,
            },
            origin: origin(&row.origin)?,
            complete: row.complete,
            last_agg_id: row.last_id,
        })
    }
}

impl Selected for StoredBar {
    const COLUMNS: &'static str = "bucket, open, high, low, close, volume, quote_volume, buy_volume, \
                                   trades, origin, complete, last_id";

    async fn fetch(store: &Store, sql: String, arguments: PgArguments) -> Result<Vec<Self>> {
        let rows: Vec<Row> = sqlx::query_as_with(AssertSqlSafe(sql), arguments)
            .fetch_all(store.read_pool())
            .await?;
        rows.into_iter().map(Self::try_from).collect()
    }
}

/// The columns of many closes: two thousand rows take the client longer than the server needs for them.
#[derive(sqlx::FromRow)]
struct CloseColumns {
    bucket: Vec<DateTime<Utc>>,
    close: Vec<f64>,
    origin: Vec<String>,
    last_id: Vec<Option<i64>>,
}

impl Selected for StoredClose {
    const COLUMNS: &'static str = "bucket, close, origin, last_id";

    async fn fetch(store: &Store, sql: String, arguments: PgArguments) -> Result<Vec<Self>> {
        let sql = format!(
            "SELECT coalesce(array_agg(bucket), '{{}}') AS bucket, coalesce(array_agg(close), '{{}}') AS close,
                    coalesce(array_agg(origin), '{{}}') AS origin, coalesce(array_agg(last_id), '{{}}') AS last_id
             FROM ({sql}) bars"
        );
        let columns: CloseColumns = sqlx::query_as_with(AssertSqlSafe(sql), arguments)
            .fetch_one(store.read_pool())
            .await?;
        let times_and_closes = columns.bucket.into_iter().zip(columns.close);
        let origins_and_ids = columns.origin.iter().zip(columns.last_id);
        times_and_closes
            .zip(origins_and_ids)
            .map(|((bucket, close), (origin, last_id))| Self::read(bucket, close, origin, last_id))
            .collect()
    }
}

impl StoredClose {
    fn read(
        bucket: DateTime<Utc>,
        close: f64,
        origin_name: &str,
        last_id: Option<i64>,
    ) -> Result<Self> {
        Ok(Self {
            bucket_ms: to_ms(bucket),
            close,
            origin: origin(origin_name)?,
            last_agg_id: last_id,
        })
    }
}

fn origin(name: &str) -> Result<BarOrigin> {
    [BarOrigin::Trades, BarOrigin::Klines, BarOrigin::Mixed]
        .into_iter()
        .find(|origin| origin.as_str() == name)
        .ok_or_else(|| StoreError::Corrupt(format!("unknown origin `{name}`")))
}

/// Bars of a symbol, ascending. To page on, read again from one interval past the last bar.
///
/// Cost: in proportion to the bars read.
///
/// # Errors
/// Only those of the database.
pub async fn read(
    store: &Store,
    symbol_id: SymbolId,
    interval: Interval,
    range: BarRange,
) -> Result<Vec<StoredBar>> {
    select::<StoredBar>(store, symbol_id, interval, range, "ASC").await
}

/// As [`read`], the closes alone: about a third of the cost.
///
/// # Errors
/// Only those of the database.
pub async fn read_closes(
    store: &Store,
    symbol_id: SymbolId,
    interval: Interval,
    range: BarRange,
) -> Result<Vec<StoredClose>> {
    select::<StoredClose>(store, symbol_id, interval, range, "ASC").await
}

/// The last `limit` bars that start before `to_ms` (`None`: up to the open bar), ascending. Fewer
/// only when there are no more.
///
/// # Errors
/// Only those of the database.
pub async fn read_newest(
    store: &Store,
    symbol_id: SymbolId,
    interval: Interval,
    to_ms: Option<i64>,
    limit: u32,
) -> Result<Vec<StoredBar>> {
    newest::<StoredBar>(store, symbol_id, interval, to_ms, limit).await
}

/// As [`read_newest`], the closes alone.
///
/// # Errors
/// Only those of the database.
pub async fn read_newest_closes(
    store: &Store,
    symbol_id: SymbolId,
    interval: Interval,
    to_ms: Option<i64>,
    limit: u32,
) -> Result<Vec<StoredClose>> {
    newest::<StoredClose>(store, symbol_id, interval, to_ms, limit).await
}

async fn newest<R: Selected>(
    store: &Store,
    symbol_id: SymbolId,
    interval: Interval,
    to_ms: Option<i64>,
    limit: u32,
) -> Result<Vec<R>> {
    let last_within = async |from_ms, end_ms| {
        let range = BarRange {
            from_ms,
            to_ms: Some(end_ms),
            limit,
        };
        let mut bars = select::<R>(store, symbol_id, interval, range, "DESC").await?;
        bars.reverse();
        Ok::<_, StoreError>(bars)
    };
    let mut span_ms = interval.ms().saturating_mul(i64::from(limit) + 1);
    // Where each bucket has a bar, which is the rule, the first read finds enough.
    if let Some(end_ms) = to_ms {
        let bars = last_within(end_ms.saturating_sub(span_ms), end_ms).await?;
        if bars.len() >= limit as usize {
            return Ok(bars);
        }
    }
    let Some((first_ms, last_ms)) = extent(store, symbol_id).await? else {
        return Ok(Vec::new());
    };
    let end_ms = to_ms.map_or(last_ms + 1, |to_ms| to_ms.min(last_ms + 1));
    // Quiet markets have buckets without bars: the span grows until there are enough bars or the
    // first of all is in it.
    loop {
        let from_ms = end_ms
            .saturating_sub(span_ms)
            .max(interval.bucket_of(first_ms));
        let bars = last_within(from_ms, end_ms).await?;
        if bars.len() >= limit as usize || from_ms <= interval.bucket_of(first_ms) {
            return Ok(bars);
        }
        span_ms = span_ms.saturating_mul(4);
    }
}

async fn select<R: Selected>(
    store: &Store,
    symbol_id: SymbolId,
    interval: Interval,
    range: BarRange,
    direction: &'static str,
) -> Result<Vec<R>> {
    let sql = format!(
        "SELECT {} FROM bars_{interval}
         WHERE symbol_id = $1 AND bucket >= $2 AND bucket < $3
         ORDER BY bucket {direction} LIMIT $4",
        R::COLUMNS
    );
    let arguments = arguments(symbol_id, range).map_err(sqlx::Error::Encode)?;
    R::fetch(store, sql, arguments).await
}

fn arguments(
    symbol_id: SymbolId,
    range: BarRange,
) -> std::result::Result<PgArguments, BoxDynError> {
    let mut arguments = PgArguments::default();
    arguments.add(symbol_id)?;
    arguments.add(from_ms(range.from_ms))?;
    arguments.add(from_ms(range.to_ms.unwrap_or(i64::MAX)))?;
    arguments.add(i64::from(range.limit))?;
    Ok(arguments)
}

#[derive(sqlx::FromRow)]
struct CloseOfRow {
    symbol_id: SymbolId,
    bucket: DateTime<Utc>,
    close: f64,
    origin: String,
    last_id: Option<i64>,
}

/// Closes of many symbols that start in `[first_ms, end_ms)`, ascending, in one query: what has closed since.
///
/// Cost: in proportion to the bars read.
///
/// # Errors
/// Only those of the database.
pub async fn closes_of(
    store: &Store,
    symbols: &[SymbolId],
    interval: Interval,
    first_ms: i64,
    end_ms: i64,
) -> Result<Vec<(SymbolId, StoredClose)>> {
    let sql = format!(
        "SELECT symbol_id, {} FROM bars_{interval}
         WHERE symbol_id = ANY($1) AND bucket >= $2 AND bucket < $3
         ORDER BY bucket, symbol_id",
        StoredClose::COLUMNS
    );
    let ids: Vec<i32> = symbols.iter().map(|id| id.0).collect();
    let rows: Vec<CloseOfRow> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(ids)
        .bind(from_ms(first_ms))
        .bind(from_ms(end_ms))
        .fetch_all(store.read_pool())
        .await?;
    rows.into_iter()
        .map(|row| {
            let close = StoredClose::read(row.bucket, row.close, &row.origin, row.last_id)?;
            Ok((row.symbol_id, close))
        })
        .collect()
}

/// A time at or before the oldest bar of a symbol, by less than a day, and the time of its newest kline or
/// trade; `None` if it has none.
async fn extent(store: &Store, symbol_id: SymbolId) -> Result<Option<(i64, i64)>> {
    let (first, last): (Option<DateTime<Utc>>, Option<DateTime<Utc>>) = sqlx::query_as(
        "SELECT least(h.first,
                    (SELECT time FROM trades WHERE symbol_id = $1 ORDER BY time LIMIT 1),
                    -- Bars outlive the trades that they are made of; below the floor every level has them.
                    (SELECT r.bucket FROM rollup_1d r
                     WHERE r.symbol_id = $1 AND r.bucket < (SELECT retention_floor FROM rollup_levels
                                                            WHERE level = 'trades')
                     ORDER BY r.bucket LIMIT 1)),
                greatest(h.last, (SELECT last_time FROM feed_cursor WHERE symbol_id = $1))
         FROM (SELECT min(f.bucket) AS first, max(l.bucket) AS last
               FROM unnest(ARRAY['1m', '1h', '1d']) AS i (level)
               LEFT JOIN LATERAL (SELECT bucket FROM history
                   WHERE symbol_id = $1 AND level = i.level ORDER BY bucket LIMIT 1) f ON true
               LEFT JOIN LATERAL (SELECT bucket FROM history
                   WHERE symbol_id = $1 AND level = i.level ORDER BY bucket DESC LIMIT 1) l ON true) h",
    )
    .bind(symbol_id)
    .fetch_one(store.read_pool())
    .await?;
    Ok(first
        .zip(last)
        .map(|(first, last)| (to_ms(first), to_ms(last))))
}
