//! What trades and bars take on disk, what reading and refreshing them costs, and what columnar storage of old chunks
//! changes about it. No budget: the settings are chosen by these figures, which docs/operations.md quotes.
//!
//! `TEST_FLAVOUR=timescale cargo bench --bench storage`, and plain without. `TRADES` (10,000,000) are spread over
//! `DAYS` (10). On TimescaleDB `CHUNK_HOURS` (24) and `ORDER_BY` (agg_id) try other settings than the schema's.

use std::{env, time::Instant};

use anyhow::Result;
use market::{Interval, Trade, Venue};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use store::{
    BarRange, Flavour, SymbolId, SymbolSpec, TradeBatch, bars, compression, refresh, symbols,
    trades,
};
use testkit::TestDb;

const NAMES: [&str; 5] = ["AAAUSDT", "BBBUSDT", "CCCUSDT", "DDDUSDT", "EEEUSDT"];
/// 2024-08-08 00:00 UTC.
const START_MS: i64 = 1_723_075_200_000;
const DAY_MS: i64 = 86_400_000;
const ROUNDS: usize = 25;

#[tokio::main]
async fn main() -> Result<()> {
    let rows: i64 = setting("TRADES", 10_000_000);
    let days: i64 = setting("DAYS", 10);
    let db = TestDb::create().await?;
    let mut plain = PgConnection::connect(db.url()).await?;
    if testkit::flavour() == Flavour::Timescale {
        let hours: i64 = setting("CHUNK_HOURS", 24);
        let order = env::var("ORDER_BY").unwrap_or_else(|_| "agg_id".to_owned());
        for sql in [
            format!("SELECT set_chunk_time_interval('trades', INTERVAL '{hours} hours')"),
            format!("ALTER TABLE trades SET (timescaledb.compress_orderby = '{order}')"),
        ] {
            plain.execute(AssertSqlSafe(sql)).await?;
        }
        println!("chunks of {hours} h, ordered by {order}");
    }
    let mut feed = Feed::new(&db, rows, days).await?;
    println!(
        "{}: {rows} trades of {} symbols over {days} days",
        testkit::flavour(),
        NAMES.len()
    );
    let began = Instant::now();
    feed.fill(&db, rows).await?;
    println!(
        "written and refreshed in {:.0} s",
        began.elapsed().as_secs_f64()
    );
    plain.execute("VACUUM ANALYZE trades").await?;
    let raw = sizes(&mut plain).await?;
    print_sizes("uncompressed", &raw, rows);
    let costs = feed.costs(&db).await?;
    print_costs("uncompressed", costs);
    if testkit::flavour() == Flavour::Timescale {
        let began = Instant::now();
        // All but the newest day, as COMPRESS_AFTER_DAYS=1 would.
        let before_ms = START_MS + (days - 1) * DAY_MS;
        let chunks = compression::compress_trades_before(db.store(), before_ms).await?;
        println!(
            "{chunks} chunks compressed in {:.1} s",
            began.elapsed().as_secs_f64()
        );
        let compressed = sizes(&mut plain).await?;
        print_sizes("compressed", &compressed, rows);
        print_costs("compressed", feed.costs(&db).await?);
    }
    Ok(())
}

fn setting<T: std::str::FromStr>(name: &str, default: T) -> T {
    let text = env::var(name).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Megabytes with indexes, by relation.
async fn sizes(connection: &mut PgConnection) -> Result<Vec<(String, f64)>> {
    let mut sizes = Vec::new();
    for level in ["trades".to_owned()]
        .into_iter()
        .chain(Interval::ALL.map(|interval| format!("rollup_{interval}")))
    {
        let sql = match testkit::flavour() {
            Flavour::Plain => {
                "SELECT pg_total_relation_size(coalesce(to_regclass($1 || '_stored'), $1::regclass))"
            }
            Flavour::Timescale => {
                "SELECT hypertable_size(coalesce(
                     (SELECT format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)
                      FROM timescaledb_information.continuous_aggregates WHERE view_name = $1), $1)::regclass)"
            }
        };
        let bytes: i64 = sqlx::query_scalar(sql)
            .bind(&level)
            .fetch_one(&mut *connection)
            .await?;
        sizes.push((level, bytes as f64 / 1e6));
    }
    Ok(sizes)
}

fn print_sizes(when: &str, sizes: &[(String, f64)], rows: i64) {
    for (relation, megabytes) in sizes.iter().filter(|(_, megabytes)| *megabytes > 0.05) {
        let each = megabytes * 1e6 / rows as f64;
        println!("{when:<14}{relation:<12}{megabytes:>9.1} MB  {each:>6.1} bytes a trade");
    }
}

/// Names of what is measured, in the order of [`Feed::costs`].
const COSTS: [&str; 5] = [
    "refresh after 1 s of new trades",
    "write of one late trade, 5 days old",
    "refresh after it",
    "read of 500 newest bars of a minute",
    "read of 10,000 trades, 5 days old",
];

fn print_costs(when: &str, costs: [f64; 5]) {
    for (name, cost) in COSTS.iter().zip(costs) {
        println!("{when:<14}{name:<40}{cost:>9.1} ms");
    }
}

/// A market that trades in bursts: ids contiguous, prices a walk by ticks, many trades at one price.
struct Feed {
    ids: Vec<SymbolId>,
    next: Vec<Trade>,
    rng: StdRng,
    /// Average time between two trades of a symbol.
    pace_ms: f64,
    late_id: i64,
}

impl Feed {
    async fn new(db: &TestDb, rows: i64, days: i64) -> Result<Self> {
        let specs = NAMES.map(|name| SymbolSpec::named(name.parse().expect("a valid name")));
        let mut ids = Vec::new();
        for (_, id) in symbols::register(db.store(), Venue::Simulated, &specs).await? {
            symbols::set_trades_from(db.store(), id, 0).await?;
            ids.push(id);
        }
        let first = Trade {
            agg_id: 1_000_000,
            time_ms: START_MS,
            price: 60_000.0,
            qty: 0.1,
            fills: 1,
            buyer_is_maker: false,
        };
        Ok(Self {
            next: vec![first; ids.len()],
            pace_ms: (days * DAY_MS) as f64 / (rows as f64 / ids.len() as f64),
            ids,
            rng: StdRng::seed_from_u64(1),
            late_id: 0,
        })
    }

    /// The next trades of all symbols.
    fn take(&mut self, rows: i64) -> TradeBatch {
        let symbols = self.ids.len();
        let mut batch = Vec::new();
        for row in 0..rows {
            let slot = row as usize % symbols;
            batch.push((self.ids[slot], self.next[slot]));
            let trade = &mut self.next[slot];
            trade.agg_id += 1;
            // Three of four follow within a millisecond or two, the others after a pause.
            let burst = self.rng.random_range(0..4) > 0;
            let mean = if burst { 1.0 } else { 4.0 * self.pace_ms - 3.0 };
            trade.time_ms += (self.rng.random_range(0.0..2.0) * mean) as i64;
            if !burst {
                let ticks: i32 = self.rng.random_range(-30..=30);
                trade.price = ((trade.price * 10.0).round() + f64::from(ticks)).max(1.0) / 10.0;
                trade.buyer_is_maker = self.rng.random();
            }
            trade.qty = f64::from(self.rng.random_range(1..2_000)) / 1_000.0;
            trade.fills = if self.rng.random_range(0..5) == 0 {
                3
            } else {
                1
            };
        }
        batch.into_iter().collect()
    }

    async fn fill(&mut self, db: &TestDb, rows: i64) -> Result<()> {
        let mut left = rows;
        while left > 0 {
            let part = left.min(10_000);
            let batch = self.take(part);
            trades::write_batch(db.store(), &batch).await?;
            left -= part;
            if left % 500_000 == 0 {
                refresh::run(db.store(), None).await?;
            }
        }
        Ok(())
    }

    /// Lower quartiles, milliseconds: other work on the machine disturbs them less than medians.
    async fn costs(&mut self, db: &TestDb) -> Result<[f64; 5]> {
        let store = db.store();
        let mut times: [Vec<f64>; 5] = Default::default();
        let newest_ms = self.next[0].time_ms;
        let old_ms = newest_ms - 5 * DAY_MS;
        let per_second = (1_000.0 * self.ids.len() as f64 / self.pace_ms).max(1.0) as i64;
        let old = bars::read(
            store,
            self.ids[0],
            Interval::S1,
            BarRange {
                from_ms: old_ms,
                to_ms: None,
                limit: 1,
            },
        )
        .await?;
        anyhow::ensure!(!old.is_empty(), "there is an old bar");
        let middle = 1_000_000 + (self.next[0].agg_id - 1_000_000) / 2;
        for _ in 0..ROUNDS {
            let batch = self.take(per_second);
            trades::write_batch(store, &batch).await?;
            times[0].push(timed(async { Ok(refresh::run(store, None).await?) }).await?);
            let late = Trade {
                agg_id: self.late_id,
                time_ms: old_ms + self.late_id * 60_000,
                ..self.next[0]
            };
            self.late_id += 1;
            let batch: TradeBatch = [(self.ids[0], late)].into_iter().collect();
            times[1].push(timed(async { Ok(trades::write_batch(store, &batch).await?) }).await?);
            times[2].push(timed(async { Ok(refresh::run(store, None).await?) }).await?);
            let id = self.ids[1];
            times[3].push(
                timed(async { Ok(bars::read_newest(store, id, Interval::M1, None, 500).await?) })
                    .await?,
            );
            times[4]
                .push(timed(async { Ok(trades::read(store, id, middle, 10_000).await?) }).await?);
        }
        Ok(times.map(|mut times| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 4]
        }))
    }
}

async fn timed<T>(work: impl Future<Output = Result<T>>) -> Result<f64> {
    let started = Instant::now();
    work.await?;
    Ok(started.elapsed().as_secs_f64() * 1e3)
}
