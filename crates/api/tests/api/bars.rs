//! `GET /api/v1/bars`

use api_types::{BarRow, BarsResponse, Origin, Venue};
use market::{Bar, Interval};
use store::history;
use testkit::TestDb;

use crate::support::{
    Api,
    market::{Market, START_MS},
};

async fn five_minutes() -> (TestDb, Market, Api) {
    let db = TestDb::create().await.unwrap();
    let market = Market::new(&db, "BTCUSDT").await;
    // A minute without trades between the second and the third.
    market
        .trade(&[
            (1, 0.0, 100.0),
            (2, 30.0, 104.0),
            (3, 59.9, 102.0),
            (4, 60.0, 103.0),
            (5, 119.0, 101.0),
            (6, 180.0, 105.0),
            (7, 240.0, 106.0),
            (8, 241.0, 107.0),
        ])
        .await;
    market.report(241.0).await;
    let api = Api::start(&db).await;
    (db, market, api)
}

fn times(response: &BarsResponse) -> Vec<i64> {
    response
        .bars
        .time
        .iter()
        .map(|time| (time - START_MS) / 1_000)
        .collect()
}

#[tokio::test]
async fn bars_are_the_trades_of_their_buckets_and_the_last_one_is_open() {
    let (_db, _market, api) = five_minutes().await;
    let response: BarsResponse = api.json("/api/v1/bars?symbol=BTCUSDT&interval=1m").await;
    assert_eq!(times(&response), [0, 60, 180, 240]);
    let rows: Vec<BarRow> = response.bars.rows().collect();
    let expected = BarRow {
        time: START_MS,
        open: 100.0,
        high: 104.0,
        low: 100.0,
        close: 102.0,
        volume: 3.0,
        quote_volume: 306.0,
        buy_volume: 2.0,
        trades: 6,
        closed: true,
        complete: true,
        origin: Origin::Trades,
    };
    assert_eq!(rows[0], expected);
    assert_eq!(
        rows.iter().map(|row| row.closed).collect::<Vec<_>>(),
        [true, true, true, false]
    );
    assert_eq!(response.params.symbol, "BTCUSDT");
    assert_eq!(
        (response.params.venue, response.params.limit),
        (Venue::Simulated, 500)
    );
    assert_eq!(response.version, env!("CARGO_PKG_VERSION"));
    assert!(response.as_of > START_MS);
}

#[tokio::test]
async fn every_interval_is_served_and_holds_all_trades() {
    let (_db, _market, api) = five_minutes().await;
    for interval in Interval::ALL {
        let path = format!("/api/v1/bars?symbol=BTCUSDT&interval={interval}");
        let response: BarsResponse = api.json(&path).await;
        assert_eq!(response.bars.trades.iter().sum::<i64>(), 16, "{interval}");
    }
}

#[tokio::test]
async fn with_a_start_come_the_first_bars_from_there_without_one_the_last() {
    let (_db, _market, api) = five_minutes().await;
    let ask = async |rest: &str| -> Vec<i64> {
        times(
            &api.json(&format!("/api/v1/bars?symbol=BTCUSDT&interval=1m&{rest}"))
                .await,
        )
    };
    assert_eq!(ask("limit=2").await, [180, 240]);
    assert_eq!(ask(&format!("limit=2&startTime={START_MS}")).await, [0, 60]);
    let end = START_MS + 180_000;
    assert_eq!(ask(&format!("limit=2&endTime={end}")).await, [60, 180]);
    assert_eq!(ask(&format!("limit=2&endTime={}", end - 1)).await, [0, 60]);
    assert_eq!(
        ask(&format!("startTime={}&endTime={end}", START_MS + 1)).await,
        [60, 180]
    );
    assert_eq!(ask("startTime=2024-08-08T00:03:00Z").await, [180, 240]);
    assert_eq!(
        ask("startTime=2024-08-08T02:03:00%2B02:00&endTime=2024-08-08T00:03:30Z").await,
        [180]
    );
    assert!(ask("startTime=2030-01-01T00:00:00Z").await.is_empty());
    assert!(ask("endTime=0").await.is_empty());
}

#[tokio::test]
async fn klines_stand_where_no_trades_were_stored() {
    let (_db, market, api) = five_minutes().await;
    let kline = |minutes: i64| Bar {
        bucket_ms: START_MS - minutes * 60_000,
        open: 90.0,
        high: 95.0,
        low: 85.0,
        close: 91.0,
        volume: 7.0,
        quote_volume: 630.0,
        buy_volume: 3.0,
        trades: 11,
    };
    let klines = [kline(2), kline(1)];
    history::write_klines(&market.store, market.id, Interval::M1, &klines)
        .await
        .unwrap();
    let response: BarsResponse = api.json("/api/v1/bars?symbol=BTCUSDT&interval=1m").await;
    assert_eq!(times(&response), [-120, -60, 0, 60, 180, 240]);
    assert_eq!(
        response.bars.origin[..3],
        [Origin::Klines, Origin::Klines, Origin::Trades]
    );
    assert!(response.bars.closed[0] && response.bars.closed[1]);
    assert_eq!(response.bars.volume[0], 7.0);
}

#[tokio::test]
async fn a_symbol_is_named_alone_or_with_its_venue_and_alone_it_means_the_running_feed() {
    let db = TestDb::create().await.unwrap();
    let simulated = Market::new(&db, "BTCUSDT").await;
    let real = Market::at(&db, market::Venue::Binance, "BTCUSDT").await;
    simulated.trade(&[(1, 0.0, 10.0)]).await;
    real.trade(&[(1, 0.0, 20.0)]).await;
    let api = Api::start(&db).await;
    let close = async |name: &str| -> f64 {
        let path = format!("/api/v1/bars?symbol={name}&interval=1m");
        api.json::<BarsResponse>(&path).await.bars.close[0]
    };
    assert_eq!(close("simulated:BTCUSDT").await, 10.0);
    assert_eq!(close("binance:btcusdt").await, 20.0);

    let problem = api.problem("/api/v1/bars?symbol=BTCUSDT&interval=1m").await;
    assert_eq!(problem.status, 400);
    assert!(
        problem.detail.contains("binance:BTCUSDT"),
        "{}",
        problem.detail
    );

    real.report(1.0).await;
    assert_eq!(close("BTCUSDT").await, 20.0);
    simulated.report(1.0).await;
    assert_eq!(close("BTCUSDT").await, 10.0);
}
