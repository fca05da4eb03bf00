//! `GET /api/v1/symbols`

use api_types::{SymbolFeedState, SymbolsResponse, Venue};
use testkit::TestDb;

use crate::support::{
    Api,
    market::{Market, START_MS},
};

#[tokio::test]
async fn symbols_come_with_price_volume_feed_state_and_the_extent_of_their_bars() {
    let db = TestDb::create().await.unwrap();
    let btc = Market::new(&db, "BTCUSDT").await;
    let _quiet = Market::new(&db, "ETHUSDT").await;
    let _elsewhere = Market::at(&db, market::Venue::Binance, "BTCUSDT").await;
    btc.trade(&[(1, 0.0, 100.0), (2, 90.0, 110.0)]).await;
    btc.report(90.0).await;
    let api = Api::start(&db).await;

    let response: SymbolsResponse = api.json("/api/v1/symbols").await;
    let names: Vec<_> = response
        .symbols
        .iter()
        .map(|s| (s.venue, s.symbol.as_str()))
        .collect();
    // The feed that runs comes first.
    let expected = [
        (Venue::Simulated, "BTCUSDT"),
        (Venue::Simulated, "ETHUSDT"),
        (Venue::Binance, "BTCUSDT"),
    ];
    assert_eq!(names, expected);
    let [btc, quiet, elsewhere] = &response.symbols[..] else {
        panic!("three symbols")
    };
    assert_eq!(
        (btc.last_price, btc.last_time),
        (Some(110.0), Some(START_MS + 90_000))
    );
    assert_eq!(
        (btc.volume_24h, btc.quote_volume_24h),
        (Some(2.0), Some(210.0))
    );
    assert_eq!(
        (btc.first_bar, btc.last_bar),
        (Some(START_MS), Some(START_MS + 60_000))
    );
    assert_eq!(btc.feed, SymbolFeedState::Live);
    assert_eq!(
        (quiet.last_price, quiet.volume_24h, quiet.first_bar),
        (None, None, None)
    );
    assert_eq!(quiet.feed, SymbolFeedState::Waiting);
    assert_eq!(elsewhere.feed, SymbolFeedState::Off);
}

#[tokio::test]
async fn a_database_without_symbols_has_none_to_list() {
    let db = TestDb::create().await.unwrap();
    let api = Api::start(&db).await;
    let response: SymbolsResponse = api.json("/api/v1/symbols").await;
    assert!(response.symbols.is_empty());
}
