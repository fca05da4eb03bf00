//! What a refresh cycle with one second of new data costs while more and more is stored. Budget:
//! flat, that is at most twice as much at the greatest size as at the smallest. Times are lower
//! quartiles of many cycles, which other work on the machine disturbs less than medians.
//!
//! `cargo bench --bench refresh_cost`, and with `TEST_FLAVOUR=timescale`. `SIZES` is a
//! comma list of trades stored, ascending; 1e7 trades take a few minutes to write.

use std::{env, time::Instant};

use anyhow::Result;
use market::{Interval, Trade, Venue};
use store::{SymbolId, SymbolSpec, TradeBatch, bars, refresh, symbols, trades};
use testkit::TestDb;

const NAMES: [&str; 5] = ["AAAUSDT", "BBBUSDT", "CCCUSDT", "DDDUSDT", "EEEUSDT"];
const START_MS: i64 = 1_723_075_200_000;
/// 200 trades a second in all, as five busy symbols have: 10⁷ trades are 14 hours.
const PER_SECOND: i64 = 200;
const CYCLES: usize = 60;

#[tokio::main]
async fn main() -> Result<()> {
    let sizes: Vec<i64> = env::var("SIZES")
        .unwrap_or_else(|_| "100000,1000000,10000000".to_owned())
        .split(',')
        .map(|size| size.trim().parse())
        .collect::<Result<_, _>>()?;
    let db = TestDb::create().await?;
    let specs = NAMES.map(|name| SymbolSpec::named(name.parse().expect("a valid name")));
    let mut feed = Feed {
        db,
        ids: Vec::new(),
        next: 0,
    };
    for (_, id) in symbols::register(feed.db.store(), Venue::Simulated, &specs).await? {
        symbols::set_trades_from(feed.db.store(), id, 0).await?;
        feed.ids.push(id);
    }
    println!(
        "{}: a cycle with 1 s of new data, lower quartile of {CYCLES}",
        testkit::flavour()
    );
    println!(
        "{:>10}  {:>10}  {:>10}  {:>14}  {:>14}",
        "stored", "refresh", "write 1 s", "read 500 × 1m", "read 500 × 1s"
    );
    let mut costs = Vec::new();
    for size in sizes {
        while feed.next < size {
            feed.write((size - feed.next).min(10_000)).await?;
            if feed.next % 200_000 == 0 {
                refresh::run(feed.db.store(), None).await?;
            }
        }
        refresh::run(feed.db.store(), None).await?;
        let mut columns = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..CYCLES {
            let [refreshes, writes, minutes, seconds] = &mut columns;
            writes.push(timed(feed.write(PER_SECOND)).await?);
            let store = feed.db.store();
            refreshes.push(timed(async { Ok(refresh::run(store, None).await?) }).await?);
            let id = feed.ids[0];
            for (interval, times) in [(Interval::M1, minutes), (Interval::S1, seconds)] {
                times.push(
                    timed(async { Ok(bars::read_newest(store, id, interval, None, 500).await?) })
                        .await?,
                );
            }
        }
        let [refresh, write, minutes, seconds] = columns.map(|mut times| quartile(&mut times));
        println!(
            "{size:>10}  {refresh:>7.1} ms  {write:>7.1} ms  {minutes:>11.1} ms  {seconds:>11.1} ms"
        );
        costs.push(refresh);
    }
    let (first, last) = (costs[0], costs[costs.len() - 1]);
    println!(
        "budget: flat (≤ 2 ×): {} ({:.2} ×)",
        if last <= 2.0 * first {
            "holds"
        } else {
            "fails"
        },
        last / first
    );
    Ok(())
}

async fn timed<T>(work: impl Future<Output = Result<T>>) -> Result<f64> {
    let started = Instant::now();
    work.await?;
    Ok(started.elapsed().as_secs_f64() * 1e3)
}

fn quartile(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 4]
}

struct Feed {
    db: TestDb,
    ids: Vec<SymbolId>,
    next: i64,
}

impl Feed {
    async fn write(&mut self, rows: i64) -> Result<()> {
        let symbols = self.ids.len() as i64;
        let batch: TradeBatch = (self.next..self.next + rows)
            .map(|i| {
                let trade = Trade {
                    agg_id: i / symbols,
                    time_ms: START_MS + i * 1_000 / PER_SECOND,
                    price: 60_000.0 + (i % 997) as f64 / 10.0,
                    qty: 0.001 * (i % 89 + 1) as f64,
                    fills: 1,
                    buyer_is_maker: i % 2 == 0,
                };
                (self.ids[(i % symbols) as usize], trade)
            })
            .collect();
        self.next += rows;
        trades::write_batch(self.db.store(), &batch).await?;
        Ok(())
    }
}
