//! Rows a second of the write path beside those of a plain binary COPY into the same table, with
//! the same indexes, in the same run. Budget: 60 %.
//!
//! `cargo bench --bench write_rate`, and with `TEST_FLAVOUR=timescale`. `ROWS` and
//! `ROUNDS` change how much is written.

use std::{env, time::Instant};

use anyhow::Result;
use market::{Trade, Venue};
use sqlx::{Connection, PgConnection};
use store::{SymbolId, SymbolSpec, TradeBatch, symbols, trades};
use testkit::TestDb;

const BUDGET: f64 = 0.6;
const NAMES: [&str; 5] = ["AAAUSDT", "BBBUSDT", "CCCUSDT", "DDDUSDT", "EEEUSDT"];
const START_MS: i64 = 1_723_075_200_000;

#[tokio::main]
async fn main() -> Result<()> {
    let rows = setting("ROWS", 100_000);
    let rounds = setting("ROUNDS", 7);
    let db = TestDb::create().await?;
    let specs = NAMES.map(|name| SymbolSpec::named(name.parse().expect("a valid name")));
    let ids: Vec<SymbolId> = symbols::register(db.store(), Venue::Simulated, &specs)
        .await?
        .into_iter()
        .map(|(_, id)| id)
        .collect();
    let mut plain = PgConnection::connect(db.url()).await?;
    let mut feed = Feed { ids, next: 0 };
    println!(
        "{}: {rows} rows a measurement, {rounds} rounds",
        testkit::flavour()
    );

    // The first chunk, files and statements are made before the clock runs.
    copy(&mut plain, &feed.take(rows)).await?;
    write(&db, &feed.take(rows), 5_000).await?;

    let batches = [500, 2_000, 10_000];
    let mut copied = Vec::new();
    let mut written = vec![Vec::new(); batches.len()];
    for _ in 0..rounds {
        copied.push(copy(&mut plain, &feed.take(rows)).await?);
        for (rates, batch) in written.iter_mut().zip(batches) {
            rates.push(write(&db, &feed.take(rows), batch).await?);
        }
    }
    let limit = median(&mut copied);
    println!("plain binary COPY, one statement  {limit:>9.0} rows/s");
    let mut verdict = "fails";
    for (rates, batch) in written.iter_mut().zip(batches) {
        let rate = median(rates);
        println!(
            "write_batch of {batch:>6}            {rate:>9.0} rows/s  {:>3.0} %",
            rate / limit * 100.0
        );
        // The last one counts, which is the largest.
        verdict = if rate >= BUDGET * limit {
            "holds"
        } else {
            "fails"
        };
    }
    println!(
        "budget ≥ {:.0} % at the largest batch: {verdict}",
        BUDGET * 100.0
    );
    Ok(())
}

fn setting(name: &str, default: usize) -> usize {
    env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

fn median(rates: &mut [f64]) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// An endless feed of trades in the order of an exchange: symbols mixed, ids contiguous.
struct Feed {
    ids: Vec<SymbolId>,
    next: i64,
}

impl Feed {
    fn take(&mut self, rows: usize) -> Vec<(SymbolId, Trade)> {
        let symbols = self.ids.len() as i64;
        (0..rows)
            .map(|_| {
                let (symbol, agg_id) = ((self.next % symbols) as usize, self.next / symbols);
                self.next += 1;
                let trade = Trade {
                    agg_id,
                    time_ms: START_MS + agg_id,
                    price: 60_000.0 + (agg_id % 997) as f64 / 10.0,
                    qty: 0.001 * (agg_id % 89 + 1) as f64,
                    fills: 1,
                    buyer_is_maker: agg_id % 2 == 0,
                };
                (self.ids[symbol], trade)
            })
            .collect()
    }
}

/// The limit.
async fn copy(connection: &mut PgConnection, rows: &[(SymbolId, Trade)]) -> Result<f64> {
    let took = testkit::copy_trades(connection, rows).await?;
    Ok(rows.len() as f64 / took.as_secs_f64())
}

/// The write path, everything that it does included.
async fn write(db: &TestDb, rows: &[(SymbolId, Trade)], batch: usize) -> Result<f64> {
    let started = Instant::now();
    for chunk in rows.chunks(batch) {
        let batch: TradeBatch = chunk.iter().copied().collect();
        trades::write_batch(db.store(), &batch).await?;
    }
    Ok(rows.len() as f64 / started.elapsed().as_secs_f64())
}
