//! What scans found: a row for each pair, written with the end of the job and read in pages.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};

use super::{Outcome, outcome::finish_on};
use crate::{
    Lease, Result, Store,
    time::{from_ms, to_ms},
};

/// Kind of these jobs.
pub const KIND: &str = "scan";
/// Rows of one statement.
const ROWS_A_STATEMENT: usize = 10_000;

/// What a scan found of a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScanPair {
    /// Place by p, from 0.
    pub place: i32,
    /// Position of the dependent leg among the symbols.
    pub y: i32,
    /// Position of the hedge leg.
    pub x: i32,
    /// Engle-Granger's p of y on x.
    pub p_y_on_x: f64,
    /// Engle-Granger's p of x on y.
    pub p_x_on_y: f64,
    /// One p of both directions.
    pub p_pair: f64,
    /// The same, corrected for the number of pairs.
    pub q: f64,
    /// Engle-Granger's statistic of y on x.
    pub statistic: f64,
    /// Hedge ratio.
    pub beta: f64,
    /// Half-life, bars.
    pub half_life_bars: Option<f64>,
    /// Hurst exponent.
    pub hurst: Option<f64>,
    /// Correlation of returns.
    pub correlation: Option<f64>,
    /// Walk-forward z-score at the last row.
    pub z: Option<f64>,
    /// Time of that row.
    pub last_ms: i64,
    /// Rows that were tested.
    pub observations: i32,
    /// Those of them that carry a close forward.
    pub filled: i32,
}

/// A pair that could not be tested.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ScanFailure {
    /// Position of one symbol.
    pub y: i32,
    /// Position of the other.
    pub x: i32,
    /// The one that is to blame, if it is one alone.
    pub symbol: Option<i32>,
    /// Why.
    pub reason: String,
}

/// By what pairs are put into order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanOrder {
    /// Place by p.
    P,
    /// p of y on x.
    PYOnX,
    /// p of x on y.
    PXOnY,
    /// q.
    Q,
    /// Hedge ratio.
    Beta,
    /// Half-life.
    HalfLife,
    /// Hurst exponent.
    Hurst,
    /// Correlation.
    Correlation,
    /// Size of the z-score.
    Z,
    /// Rows that were tested.
    Observations,
    /// Share of rows that carry a close forward.
    Filled,
}

impl ScanOrder {
    const fn column(self) -> &'static str {
        match self {
            Self::P => "place",
            Self::PYOnX => "p_y_on_x",
            Self::PXOnY => "p_x_on_y",
            Self::Q => "q",
            Self::Beta => "beta",
            Self::HalfLife => "half_life_bars",
            Self::Hurst => "hurst",
            Self::Correlation => "correlation",
            Self::Z => "abs(z)",
            Self::Observations => "observations",
            Self::Filled => "filled::double precision / greatest(observations, 1)",
        }
    }
}

/// Which pairs of a scan.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanPage {
    /// By what they are put into order.
    pub order: ScanOrder,
    /// Greatest first. What there is no figure of comes last in any case.
    pub descending: bool,
    /// Only those with one of these symbols, by position.
    pub symbols: Option<Vec<i32>>,
    /// Only those with at most this q.
    pub most_q: Option<f64>,
    /// Only those with at least this |z|.
    pub least_z: Option<f64>,
    /// How many to skip.
    pub offset: u32,
    /// How many at most.
    pub limit: u32,
}

/// Stores what a scan found, and that it is done. `false`: it is deleted, and nothing is stored.
///
/// # Errors
/// [`LeaseLost`](crate::StoreError::LeaseLost), and those of the database; then nothing is stored.
pub async fn finish(
    store: &Store,
    lease: &Lease,
    job_id: i64,
    summary: Value,
    pairs: &[ScanPair],
    failures: &[ScanFailure],
) -> Result<bool> {
    let outcome = Outcome::Done {
        result: summary,
        units: i64::try_from(pairs.len() + failures.len()).unwrap_or(i64::MAX),
    };
    let mut tx = store.write_pool().begin().await?;
    if !finish_on(&mut tx, lease, job_id, &outcome).await? {
        return Ok(false);
    }
    for some in pairs.chunks(ROWS_A_STATEMENT) {
        insert_pairs(&mut tx, job_id, some).await?;
    }
    let mut place = 0;
    for some in failures.chunks(ROWS_A_STATEMENT) {
        insert_failures(&mut tx, job_id, place, some).await?;
        place += some.len();
    }
    tx.commit().await?;
    Ok(true)
}

async fn insert_pairs(tx: &mut PgConnection, job_id: i64, pairs: &[ScanPair]) -> Result<()> {
    fn column<T>(pairs: &[ScanPair], of: impl FnMut(&ScanPair) -> T) -> Vec<T> {
        pairs.iter().map(of).collect()
    }
    sqlx::query(
        "INSERT INTO job_scan_pairs (job_id, place, y, x, p_y_on_x, p_x_on_y, p_pair, q, statistic, beta,
             half_life_bars, hurst, correlation, z, last_time, observations, filled)
         SELECT $1, * FROM unnest($2::int[], $3::int[], $4::int[], $5::float8[], $6::float8[], $7::float8[],
             $8::float8[], $9::float8[], $10::float8[], $11::float8[], $12::float8[], $13::float8[], $14::float8[],
             $15::timestamptz[], $16::int[], $17::int[])",
    )
    .bind(job_id)
    .bind(column(pairs, |p| p.place))
    .bind(column(pairs, |p| p.y))
    .bind(column(pairs, |p| p.x))
    .bind(column(pairs, |p| p.p_y_on_x))
    .bind(column(pairs, |p| p.p_x_on_y))
    .bind(column(pairs, |p| p.p_pair))
    .bind(column(pairs, |p| p.q))
    .bind(column(pairs, |p| p.statistic))
    .bind(column(pairs, |p| p.beta))
    .bind(column(pairs, |p| p.half_life_bars))
    .bind(column(pairs, |p| p.hurst))
    .bind(column(pairs, |p| p.correlation))
    .bind(column(pairs, |p| p.z))
    .bind(column(pairs, |p| from_ms(p.last_ms)))
    .bind(column(pairs, |p| p.observations))
    .bind(column(pairs, |p| p.filled))
    .execute(tx)
    .await?;
    Ok(())
}

async fn insert_failures(
    tx: &mut PgConnection,
    job_id: i64,
    first_place: usize,
    failures: &[ScanFailure],
) -> Result<()> {
    let places = (first_place..).take(failures.len());
    let places: Vec<i32> = places
        .map(|place| i32::try_from(place).unwrap_or(i32::MAX))
        .collect();
    sqlx::query(
        "INSERT INTO job_scan_failures (job_id, place, y, x, symbol, reason)
         SELECT $1, * FROM unnest($2::int[], $3::int[], $4::int[], $5::int[], $6::text[])",
    )
    .bind(job_id)
    .bind(places)
    .bind(failures.iter().map(|f| f.y).collect::<Vec<_>>())
    .bind(failures.iter().map(|f| f.x).collect::<Vec<_>>())
    .bind(failures.iter().map(|f| f.symbol).collect::<Vec<_>>())
    .bind(
        failures
            .iter()
            .map(|f| f.reason.as_str())
            .collect::<Vec<_>>(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    place: i32,
    y: i32,
    x: i32,
    p_y_on_x: f64,
    p_x_on_y: f64,
    p_pair: f64,
    q: f64,
    statistic: f64,
    beta: f64,
    half_life_bars: Option<f64>,
    hurst: Option<f64>,
    correlation: Option<f64>,
    z: Option<f64>,
    last_time: DateTime<Utc>,
    observations: i32,
    filled: i32,
}

impl From<Row> for ScanPair {
    fn from(row: Row) -> Self {
        Self {
            place: row.place,
            y: row.y,
            x: row.x,
            p_y_on_x: row.p_y_on_x,
            p_x_on_y: row.p_x_on_y,
            p_pair: row.p_pair,
            q: row.q,
            statistic: row.statistic,
            beta: row.beta,
            half_life_bars: row.half_life_bars,
            hurst: row.hurst,
            correlation: row.correlation,
            z: row.z,
            last_ms: to_ms(row.last_time),
            observations: row.observations,
            filled: row.filled,
        }
    }
}

/// The condition of [`ScanPage`]'s filters, with their parameters $1 to $4.
const WHERE: &str = "job_id = $1 AND ($2::int[] IS NULL OR y = ANY($2) OR x = ANY($2))
    AND ($3::float8 IS NULL OR q <= $3) AND ($4::float8 IS NULL OR abs(z) >= $4)";

/// Pairs of a scan. Read from the primary, as they are read when the job is heard to be done.
///
/// # Errors
/// Only those of the database.
pub async fn pairs(store: &Store, job_id: i64, page: &ScanPage) -> Result<Vec<ScanPair>> {
    let direction = if page.descending { "DESC" } else { "ASC" };
    let sql = format!(
        "SELECT place, y, x, p_y_on_x, p_x_on_y, p_pair, q, statistic, beta, half_life_bars, hurst, correlation, z,
             last_time, observations, filled
         FROM job_scan_pairs WHERE {WHERE}
         ORDER BY {} {direction} NULLS LAST, place LIMIT $5 OFFSET $6",
        page.order.column()
    );
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(job_id)
        .bind(page.symbols.as_deref())
        .bind(page.most_q)
        .bind(page.least_z)
        .bind(i64::from(page.limit))
        .bind(i64::from(page.offset))
        .fetch_all(store.write_pool())
        .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// How many pairs of a scan pass the filters.
///
/// # Errors
/// Only those of the database.
pub async fn count(store: &Store, job_id: i64, page: &ScanPage) -> Result<i64> {
    let sql = format!("SELECT count(*) FROM job_scan_pairs WHERE {WHERE}");
    Ok(sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(job_id)
        .bind(page.symbols.as_deref())
        .bind(page.most_q)
        .bind(page.least_z)
        .fetch_one(store.write_pool())
        .await?)
}

/// The first pairs of a scan that could not be tested.
///
/// # Errors
/// Only those of the database.
pub async fn failures(store: &Store, job_id: i64, limit: u32) -> Result<Vec<ScanFailure>> {
    Ok(sqlx::query_as(
        "SELECT y, x, symbol, reason FROM job_scan_failures WHERE job_id = $1 ORDER BY place LIMIT $2",
    )
    .bind(job_id)
    .bind(i64::from(limit))
    .fetch_all(store.write_pool())
    .await?)
}
