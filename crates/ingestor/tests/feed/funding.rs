//! Funding rates.

use exchange_sim::SimConfig;
use store::{
    SymbolId,
    funding::{self, Known},
};

use crate::rig::{Rig, eventually, sim_config};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// 2026-11-22 10:30, which is far from any payment.
const HALF_PAST_MS: i64 = 1_795_305_600_000 + 10 * HOUR_MS + HOUR_MS / 2;

async fn known(rig: &Rig, id: SymbolId) -> Known {
    funding::read(rig.store(), id, 0, i64::MAX)
        .await
        .expect("readable")
}

/// Waits until all payments up to a time are known, from as long ago as klines are wanted of.
async fn until_known(rig: &Rig, id: SymbolId, to_ms: i64) -> Known {
    eventually("the rates are known", async || {
        Some(known(rig, id).await).filter(|known| {
            let mut covered = known.covered.iter();
            covered.any(|range| {
                range.to_ms >= to_ms && range.from_ms <= range.to_ms.min(to_ms) - 10 * DAY_MS
            })
        })
    })
    .await
}

fn periods(known: &Known) -> Vec<i64> {
    let rates = known.rates.windows(2);
    let mut periods: Vec<i64> = rates
        .map(|pair| (pair[1].time_ms - pair[0].time_ms) / HOUR_MS)
        .collect();
    periods.dedup();
    periods
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rates_of_the_past_are_fetched_once_and_each_new_one_when_it_was_paid() {
    let rig = Rig::new(SimConfig {
        start_ms: Some(HALF_PAST_MS),
        rate: 1.0,
        ..sim_config(&["BTCUSDT", "DOGEUSDT"])
    })
    .await;
    // A fault that only counts.
    rig.fault("rest_slow,path=fundingRate,symbol=BTCUSDT,delay_ms=0,count=1000000")
        .await;
    let only = |name: &str| ingestor::Config {
        symbols: vec![name.parse().expect("a symbol")],
        ..rig.config()
    };
    let ingestor = rig.start(only("BTCUSDT"));
    let btc = rig.id("BTCUSDT").await;
    let past = until_known(&rig, btc, HALF_PAST_MS).await;
    // Eleven days, three a day, and one before, which might have been told late.
    assert_eq!((past.rates.len(), periods(&past)), (34, vec![8]));
    ingestor.stop().await;

    // What is fresh is not asked for again: the second symbol comes after the first one.
    let before = rig.hits().await;
    assert!(before > 0);
    let ingestor = rig.start(rig.config());
    let doge = rig.id("DOGEUSDT").await;
    let hourly = until_known(&rig, doge, HALF_PAST_MS).await;
    assert_eq!(periods(&hourly), [1]);
    assert_eq!(rig.hits().await, before);

    // An hour goes by, in which only the one was paid.
    rig.set_clock(serde_json::json!({ "warp": 120.0 })).await;
    let eleven_ms = HALF_PAST_MS + HOUR_MS / 2;
    eventually("the next payment is known", async || {
        let rates = known(&rig, doge).await.rates;
        rates
            .iter()
            .any(|paid| paid.time_ms == eleven_ms)
            .then_some(())
    })
    .await;
    ingestor.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_in_trouble_delays_the_rates_and_one_symbol_that_is_refused_no_other() {
    let rig = Rig::of(&["BTCUSDT", "ETHUSDT"]).await;
    rig.fault("rest_status,path=fundingRate,symbol=BTCUSDT,status=400,count=1000")
        .await;
    rig.fault("rest_status,path=fundingRate,symbol=ETHUSDT,status=503,count=2")
        .await;
    rig.fault("rest_truncated,path=fundingRate,symbol=ETHUSDT,count=1")
        .await;
    let now_ms = rig.now_ms().await;
    let ingestor = rig.start(rig.config());
    let eth = rig.id("ETHUSDT").await;
    let found = until_known(&rig, eth, now_ms - HOUR_MS).await;
    assert_eq!(periods(&found), [8]);
    let btc = rig.id("BTCUSDT").await;
    let refused = known(&rig, btc).await;
    assert_eq!((refused.rates, refused.covered), (vec![], vec![]));
    ingestor.stop().await;
}
