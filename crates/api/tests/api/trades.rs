//! `GET /api/v1/trades`

use api_types::TradesResponse;
use testkit::TestDb;

use crate::support::{
    Api,
    market::{Market, START_MS},
};

#[tokio::test]
async fn trades_are_paged_by_id_and_without_one_the_last_are_answered() {
    let db = TestDb::create().await.unwrap();
    let market = Market::new(&db, "BTCUSDT").await;
    let stored: Vec<_> = (1..=5)
        .map(|id| (id, id as f64, 100.0 + id as f64))
        .collect();
    market.trade(&stored).await;
    let api = Api::start(&db).await;

    let last: TradesResponse = api.json("/api/v1/trades?symbol=BTCUSDT&limit=2").await;
    assert_eq!(last.trades.agg_id, [4, 5]);
    assert_eq!(last.trades.time, [START_MS + 4_000, START_MS + 5_000]);
    assert_eq!(last.trades.price, [104.0, 105.0]);
    assert_eq!(last.trades.qty, [1.0, 1.0]);
    assert_eq!(last.trades.fills, [2, 2]);
    assert_eq!(last.trades.buyer_is_maker, [true, false]);
    assert_eq!((last.params.from_id, last.params.limit), (None, 2));

    let (mut seen, mut next) = (Vec::new(), Some(0));
    while let Some(from_id) = next {
        let path = format!("/api/v1/trades?symbol=BTCUSDT&limit=2&fromId={from_id}");
        let page: TradesResponse = api.json(&path).await;
        seen.extend(page.trades.agg_id);
        next = page.next_from_id;
    }
    assert_eq!(seen, [1, 2, 3, 4, 5]);
}
