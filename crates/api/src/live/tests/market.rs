//! A process that hears of what is written, and a market to write.

use std::time::Duration;

use market::{Symbol, Trade, Venue};
use store::{Store, SymbolSpec, symbols, symbols::SymbolInfo, trades};
use testkit::TestDb;

use crate::{hub::Hub, resolve::Directory, status::StatusReader};

/// 2024-08-08T00:00:00Z, an edge of every interval.
pub(super) const START_MS: i64 = 1_723_075_200_000;
/// Nothing that a test waits for takes nearly so long.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
pub(super) const COALESCE: Duration = Duration::from_millis(10);

/// A hub as one api process has it, listening.
pub(super) async fn hub(store: &Store) -> Hub {
    let directory = Directory::new(store.clone());
    let status = StatusReader::new(store.clone());
    let hub = Hub::new(store.clone(), directory, status, COALESCE);
    hub.start();
    let mut listening = hub.pulse().listening();
    listening.wait_for(|heard| *heard).await.unwrap();
    hub
}

/// Symbols whose trades are stored from [`START_MS`] on.
pub(super) async fn symbols(db: &TestDb, names: &[&str]) -> Vec<SymbolInfo> {
    let specs: Vec<_> = names
        .iter()
        .map(|name| SymbolSpec::named(name.parse::<Symbol>().unwrap()))
        .collect();
    let known = symbols::register(db.store(), Venue::Simulated, &specs)
        .await
        .unwrap();
    for (_, id) in known {
        symbols::set_trades_from(db.store(), id, START_MS)
            .await
            .unwrap();
    }
    let mut all = symbols::list(db.store()).await.unwrap();
    all.sort_by_key(|info| info.symbol_id);
    all
}

/// Stores trades of one symbol, given as (id, ms after [`START_MS`], price).
pub(super) async fn trade(store: &Store, symbol: &SymbolInfo, rows: &[(i64, i64, f64)]) {
    let rows: Vec<_> = rows.iter().map(|&row| (symbol, row)).collect();
    trade_all(store, &rows).await;
}

/// Stores trades in one commit.
pub(super) async fn trade_all(store: &Store, rows: &[(&SymbolInfo, (i64, i64, f64))]) {
    let batch = rows.iter().map(|&(symbol, (agg_id, after_ms, price))| {
        let trade = Trade {
            agg_id,
            time_ms: START_MS + after_ms,
            price,
            qty: 1.0,
            fills: 1,
            buyer_is_maker: false,
        };
        (symbol.symbol_id, trade)
    });
    trades::write_batch(store, &batch.collect()).await.unwrap();
}

/// Waits until the condition holds.
pub(super) async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let wait = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait)
        .await
        .unwrap_or_else(|_| panic!("never came: {what}"));
}
