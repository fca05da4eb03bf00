//! Names, ids, where trade coverage begins, and the overview of all symbols.

use chrono::{DateTime, Utc};
use market::{Instrument, Symbol, Venue};
use serde::{Deserialize, Serialize};

use crate::{
    Result, Store, StoreError,
    events::notify,
    notifications::changed_payloads,
    time::{from_ms, to_ms},
};

/// Key of a symbol at a venue, small and stable for the life of the database.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type,
)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct SymbolId(pub i32);

impl std::fmt::Display for SymbolId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A symbol as the exchange describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct SymbolSpec {
    /// Its name.
    pub symbol: Symbol,
    /// What is traded, as `BTC`; `None` where the exchange does not say.
    pub base_asset: Option<String>,
    /// What it is paid with, as `USDT`.
    pub quote_asset: Option<String>,
    /// Smallest step of the price, quote currency.
    pub price_tick: Option<f64>,
    /// Smallest step of the quantity, base currency.
    pub qty_step: Option<f64>,
}

impl SymbolSpec {
    /// A symbol of which only the name is known.
    #[must_use]
    pub const fn named(symbol: Symbol) -> Self {
        Self {
            symbol,
            base_asset: None,
            quote_asset: None,
            price_tick: None,
            qty_step: None,
        }
    }
}

/// A stored symbol.
#[derive(Debug, Clone, PartialEq)]
pub struct SymbolInfo {
    /// Its key.
    pub symbol_id: SymbolId,
    /// Where it is traded.
    pub venue: Venue,
    /// Its name and properties.
    pub spec: SymbolSpec,
    /// From here on all trades are stored (gaps aside); a minute edge. `None` until
    /// [`set_trades_from`].
    pub trades_from_ms: Option<i64>,
}

/// A symbol with what a list of symbols shows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SymbolOverview {
    /// The symbol.
    pub info: SymbolInfo,
    /// Price of the newest trade, else close of the newest kline.
    pub last_price: Option<f64>,
    /// Time of that trade, or end of that kline.
    pub last_time_ms: Option<i64>,
    /// Highest trade id accounted for.
    pub last_agg_id: Option<i64>,
    /// Base-currency volume of the bars of the 24 hours before `last_time_ms`.
    pub volume_24h: f64,
    /// Quote-currency volume of the same bars.
    pub quote_volume_24h: f64,
    /// Start of the oldest bar of any interval.
    pub first_bar_ms: Option<i64>,
    /// Start of the newest one-minute bar.
    pub last_bar_ms: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct Row {
    symbol_id: SymbolId,
    venue: String,
    symbol: String,
    base_asset: Option<String>,
    quote_asset: Option<String>,
    price_tick: Option<f64>,
    qty_step: Option<f64>,
    trades_from: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for SymbolInfo {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        let corrupt = |error: &dyn std::fmt::Display| StoreError::Corrupt(error.to_string());
        Ok(Self {
            symbol_id: row.symbol_id,
            venue: row.venue.parse().map_err(|error| corrupt(&error))?,
            spec: SymbolSpec {
                symbol: row.symbol.parse().map_err(|error| corrupt(&error))?,
                base_asset: row.base_asset,
                quote_asset: row.quote_asset,
                price_tick: row.price_tick,
                qty_step: row.qty_step,
            },
            trades_from_ms: row.trades_from.map(to_ms),
        })
    }
}

/// Makes the symbols known and returns their ids in the order given. Known ones keep their id;
/// properties that the exchange now names replace the stored ones.
///
/// # Errors
/// Only those of the database.
pub async fn register(
    store: &Store,
    venue: Venue,
    specs: &[SymbolSpec],
) -> Result<Vec<(Symbol, SymbolId)>> {
    let mut tx = store.write_pool().begin().await?;
    // Sorted, so that two processes that register at once take the rows in one order.
    let mut order: Vec<&SymbolSpec> = specs.iter().collect();
    order.sort_by(|a, b| a.symbol.cmp(&b.symbol));
    let mut ids = std::collections::HashMap::new();
    for spec in order {
        let id: SymbolId = sqlx::query_scalar(
            "INSERT INTO symbols AS s (venue, symbol, base_asset, quote_asset, price_tick, qty_step)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (venue, symbol) DO UPDATE SET
                 base_asset = coalesce(excluded.base_asset, s.base_asset),
                 quote_asset = coalesce(excluded.quote_asset, s.quote_asset),
                 price_tick = coalesce(excluded.price_tick, s.price_tick),
                 qty_step = coalesce(excluded.qty_step, s.qty_step)
             RETURNING symbol_id",
        )
        .bind(venue.as_str())
        .bind(spec.symbol.as_str())
        .bind(&spec.base_asset)
        .bind(&spec.quote_asset)
        .bind(spec.price_tick)
        .bind(spec.qty_step)
        .fetch_one(&mut *tx)
        .await?;
        ids.insert(spec.symbol.clone(), id);
    }
    tx.commit().await?;
    Ok(specs
        .iter()
        .map(|spec| (spec.symbol.clone(), ids[&spec.symbol]))
        .collect())
}

/// All symbols, by venue and name.
///
/// # Errors
/// Only those of the database.
pub async fn list(store: &Store) -> Result<Vec<SymbolInfo>> {
    sqlx::query_as::<_, Row>(
        "SELECT symbol_id, venue, symbol, base_asset, quote_asset, price_tick, qty_step, trades_from
         FROM symbols ORDER BY venue, symbol",
    )
    // An ingestor that starts goes on from here, and must not miss what it wrote last.
    .fetch_all(store.write_pool())
    .await?
    .into_iter()
    .map(SymbolInfo::try_from)
    .collect()
}

/// The symbol that an instrument names. Without a venue, the one venue that carries the symbol.
///
/// # Errors
/// [`StoreError::UnknownSymbol`], [`StoreError::AmbiguousSymbol`].
pub async fn resolve(store: &Store, instrument: &Instrument) -> Result<SymbolInfo> {
    let mut rows = sqlx::query_as::<_, Row>(
        "SELECT symbol_id, venue, symbol, base_asset, quote_asset, price_tick, qty_step, trades_from
         FROM symbols WHERE symbol = $1 AND ($2::text IS NULL OR venue = $2) ORDER BY venue",
    )
    .bind(instrument.symbol.as_str())
    .bind(instrument.venue.map(Venue::as_str))
    .fetch_all(store.read_pool())
    .await?;
    match rows.len() {
        0 => Err(StoreError::UnknownSymbol(instrument.to_string())),
        1 => rows.remove(0).try_into(),
        _ => Err(StoreError::AmbiguousSymbol {
            symbol: instrument.symbol.to_string(),
            venues: rows
                .iter()
                .map(|row| row.venue.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        }),
    }
}

/// Says from where on all trades of the symbol are stored. Set once, at the first start: later
/// calls change nothing. Returns what holds now.
///
/// `trades_from_ms` must be a minute edge, so that klines and trades never share a minute.
///
/// # Errors
/// [`StoreError::UnknownSymbol`] when there is no such id; [`StoreError::Database`] when it is no
/// minute edge.
pub async fn set_trades_from(
    store: &Store,
    symbol_id: SymbolId,
    trades_from_ms: i64,
) -> Result<i64> {
    let mut tx = store.write_pool().begin().await?;
    let holds: Option<DateTime<Utc>> = sqlx::query_scalar(
        "UPDATE symbols SET trades_from = coalesce(trades_from, $2) WHERE symbol_id = $1
         RETURNING trades_from",
    )
    .bind(symbol_id)
    .bind(from_ms(trades_from_ms))
    .fetch_optional(&mut *tx)
    .await?;
    let Some(holds) = holds else {
        return Err(StoreError::UnknownSymbol(format!("symbol_id {symbol_id}")));
    };
    notify(&mut *tx, &changed_payloads(&[symbol_id])).await?;
    tx.commit().await?;
    Ok(to_ms(holds))
}

#[derive(sqlx::FromRow)]
struct OverviewRow {
    #[sqlx(flatten)]
    row: Row,
    last_price: Option<f64>,
    last_time: Option<DateTime<Utc>>,
    last_agg_id: Option<i64>,
    volume_24h: f64,
    quote_volume_24h: f64,
    first_bar: Option<DateTime<Utc>>,
    last_bar: Option<DateTime<Utc>>,
}

/// All symbols with last price, 24-hour volume and first and last bar. Costs a few milliseconds
/// for a dozen symbols, however much is stored.
///
/// # Errors
/// Only those of the database.
pub async fn overview(store: &Store) -> Result<Vec<SymbolOverview>> {
    sqlx::query_as::<_, OverviewRow>(
        "SELECT s.symbol_id, s.venue, s.symbol, s.base_asset, s.quote_asset, s.price_tick,
                s.qty_step, s.trades_from, n.last_price, n.last_time, c.last_agg_id,
                coalesce(v.volume, 0) AS volume_24h, coalesce(v.quote_volume, 0) AS quote_volume_24h,
                least(h.first_bar, date_bin('1 second', t.first_time, 'epoch')) AS first_bar,
                date_bin('1 minute', n.last_time - interval '1 microsecond', 'epoch') AS last_bar
         FROM symbols s
         LEFT JOIN feed_cursor c USING (symbol_id)
         LEFT JOIN LATERAL (
             SELECT k.bucket + interval '1 minute' AS time, k.close FROM history k
             WHERE k.symbol_id = s.symbol_id AND k.level = '1m'
             ORDER BY k.bucket DESC LIMIT 1) k ON true
         CROSS JOIN LATERAL (
             SELECT CASE WHEN c.last_time IS NULL OR c.last_time < k.time - interval '1 minute'
                         THEN k.close ELSE c.last_price END AS last_price,
                    CASE WHEN c.last_time IS NULL OR c.last_time < k.time - interval '1 minute'
                         THEN k.time ELSE c.last_time + interval '1 microsecond' END AS last_time) n
         LEFT JOIN LATERAL (
             SELECT sum(b.volume) AS volume, sum(b.quote_volume) AS quote_volume FROM bars_1m b
             WHERE b.symbol_id = s.symbol_id AND b.bucket > n.last_time - interval '24 hours 1 minute'
               AND b.bucket <= n.last_time) v ON true
         LEFT JOIN LATERAL (
             SELECT min(first) AS first_bar FROM unnest(ARRAY['1m', '1h', '1d']) i,
             LATERAL (SELECT bucket AS first FROM history
                      WHERE symbol_id = s.symbol_id AND level = i ORDER BY bucket LIMIT 1) f) h ON true
         LEFT JOIN LATERAL (
             SELECT time AS first_time FROM trades WHERE symbol_id = s.symbol_id
             ORDER BY time LIMIT 1) t ON h.first_bar IS NULL
         ORDER BY s.venue, s.symbol",
    )
    .fetch_all(store.read_pool())
    .await?
    .into_iter()
    .map(|row| {
        Ok(SymbolOverview {
            info: row.row.try_into()?,
            last_price: row.last_price,
            last_time_ms: row.last_time.map(to_ms),
            last_agg_id: row.last_agg_id,
            volume_24h: row.volume_24h,
            quote_volume_24h: row.quote_volume_24h,
            first_bar_ms: row.first_bar.map(to_ms),
            last_bar_ms: row.last_bar.map(to_ms),
        })
    })
    .collect()
}
