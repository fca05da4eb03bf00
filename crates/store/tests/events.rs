//! The event bus: at least once, through lost connections.

mod support;

use std::{collections::HashMap, time::Duration};

use sqlx::Connection;
use store::{Event, EventBus, PgEventBus, Subscription, SymbolId, history, trades};
use support::{DAY_MS, SECOND, register, trade, write};
use testkit::TestDb;

type Result = anyhow::Result<()>;

/// The next event, or a failed test.
async fn next(subscription: &mut Subscription) -> anyhow::Result<Event> {
    let event = tokio::time::timeout(Duration::from_secs(90), subscription.recv()).await??;
    Ok(event.expect("the bus runs"))
}

/// Events until one satisfies the condition.
async fn until(
    subscription: &mut Subscription,
    wanted: impl Fn(&Event) -> bool,
) -> anyhow::Result<Event> {
    loop {
        let event = next(subscription).await?;
        if wanted(&event) {
            return Ok(event);
        }
    }
}

fn highest(event: &Event, id: SymbolId) -> Option<i64> {
    match event {
        Event::Trades(notices) | Event::CatchUp(notices) => notices
            .iter()
            .find(|n| n.symbol_id == id)
            .map(|n| n.last_agg_id),
        Event::Changed(_) | Event::Feeds(_) | Event::Tables(_) => None,
    }
}

/// A subscription whose bus listens: what is written from now on is heard.
async fn listening(
    bus: &PgEventBus,
    cursor: HashMap<SymbolId, i64>,
) -> anyhow::Result<Subscription> {
    let mut subscription = bus.subscribe(cursor);
    // One on subscribing, one when the connection stands.
    for _ in 0..2 {
        until(&mut subscription, |event| {
            matches!(event, Event::CatchUp(_))
        })
        .await?;
    }
    Ok(subscription)
}

#[tokio::test]
async fn every_commit_is_heard_with_the_rows_that_it_really_inserted() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let ids = register(store, &["AAAUSDT", "BBBUSDT"]).await?;
    let bus = PgEventBus::start(store);
    let mut subscription = listening(&bus, HashMap::new()).await?;
    let batch = [trade(1, DAY_MS, 10.0), trade(2, DAY_MS + SECOND, 20.0)];
    write(store, ids[0], &batch).await?;
    let Event::Trades(notices) = next(&mut subscription).await? else {
        panic!("no trades")
    };
    let notice = notices[0];
    assert_eq!(notices.len(), 1);
    assert_eq!((notice.symbol_id, notice.min_time_ms), (ids[0], DAY_MS));
    assert_eq!(
        (notice.last_agg_id, notice.last_time_ms, notice.last_price),
        (2, DAY_MS + SECOND, 20.0)
    );
    // Only what is new is said: of two duplicates and one new trade, the one.
    let mut again = batch.to_vec();
    again.push(trade(0, DAY_MS - SECOND, 5.0));
    write(store, ids[0], &again).await?;
    let Event::Trades(notices) = next(&mut subscription).await? else {
        panic!("no trades")
    };
    assert_eq!(
        (notices[0].min_time_ms, notices[0].last_agg_id),
        (DAY_MS - SECOND, 0)
    );
    // Nothing new, nothing said: the next thing heard is the other symbol.
    write(store, ids[0], &again).await?;
    write(store, ids[1], &batch).await?;
    let Event::Trades(notices) = next(&mut subscription).await? else {
        panic!("no trades")
    };
    assert_eq!(notices[0].symbol_id, ids[1]);
    assert_eq!(
        subscription.cursor()[&ids[0]],
        2,
        "a late trade does not move the cursor back"
    );
    Ok(())
}

#[tokio::test]
async fn a_batch_of_a_thousand_symbols_is_heard_whole() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let names: Vec<String> = (0..1_000).map(|i| format!("S{i}USDT")).collect();
    let ids = register(store, &names.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let bus = PgEventBus::start(store);
    let mut subscription = listening(&bus, HashMap::new()).await?;
    let batch = ids
        .iter()
        .map(|id| (*id, trade(3_404_749_954, DAY_MS, 64_990.123_456_7)))
        .collect();
    trades::write_batch(store, &batch).await?;
    let mut heard = 0;
    while heard < 1_000 {
        if let Event::Trades(notices) = next(&mut subscription).await? {
            heard += notices.len();
        }
    }
    assert_eq!(heard, 1_000);
    Ok(())
}

#[tokio::test]
async fn a_subscriber_goes_on_from_its_cursor() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let ids = register(store, &["AAAUSDT", "BBBUSDT"]).await?;
    let batch: Vec<_> = (0..100)
        .map(|i| trade(i, DAY_MS + i * SECOND, 1.0))
        .collect();
    write(store, ids[0], &batch).await?;
    write(store, ids[1], &batch).await?;
    let bus = PgEventBus::start(store);
    let mut subscription = bus.subscribe(HashMap::from([(ids[0], 39), (ids[1], 99)]));
    let Event::CatchUp(notices) = next(&mut subscription).await? else {
        panic!("no catch-up")
    };
    assert_eq!(notices.len(), 1, "the other symbol has not moved");
    assert_eq!(
        (notices[0].min_time_ms, notices[0].last_agg_id),
        (DAY_MS + 40 * SECOND, 99)
    );
    Ok(())
}

#[tokio::test]
async fn a_lost_connection_is_made_again_and_nothing_stays_unheard() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    let bus = PgEventBus::start(store);
    let mut subscription = listening(&bus, HashMap::new()).await?;
    let mut admin = sqlx::PgConnection::connect(db.url()).await?;
    for round in [1_000, 2_000, 3_000] {
        // Waits until it is gone.
        let killed: Vec<bool> = sqlx::query_scalar(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
             WHERE datname = current_database() AND query LIKE 'LISTEN %'",
        )
        .fetch_all(&mut admin)
        .await?;
        assert_eq!(killed, [true], "the bus has one connection");
        // Written while nobody listens, perhaps.
        write(store, id, &[trade(round, DAY_MS + round, 1.0)]).await?;
        until(&mut subscription, |event| highest(event, id) == Some(round)).await?;
        // Heard while it listens again.
        write(
            store,
            id,
            &[trade(round + 100, DAY_MS + 1_000 + round, 1.0)],
        )
        .await?;
        until(&mut subscription, |event| {
            highest(event, id) == Some(round + 100)
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_subscriber_that_is_too_slow_catches_up_instead_of_filling_the_memory() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    let bus = PgEventBus::start(store);
    let mut slow = listening(&bus, HashMap::new()).await?;
    let mut quick = listening_too(&bus).await?;
    for i in 0..3_000 {
        let notice = store::TradeNotice {
            symbol_id: id,
            min_time_ms: DAY_MS,
            last_agg_id: i,
            last_time_ms: DAY_MS,
            last_price: 1.0,
        };
        bus.publish(&Event::Trades([notice].into())).await?;
        // The quick one keeps up, which shows that all have been delivered to the bus.
        until(&mut quick, |event| highest(event, id) == Some(i)).await?;
    }
    write(store, id, &[trade(5_000, DAY_MS, 1.0)]).await?;
    until(&mut quick, |event| highest(event, id) == Some(5_000)).await?;
    let Event::CatchUp(notices) = next(&mut slow).await? else {
        panic!("no catch-up")
    };
    assert_eq!(notices[0].last_agg_id, 5_000);
    Ok(())
}

async fn listening_too(bus: &PgEventBus) -> anyhow::Result<Subscription> {
    let mut subscription = bus.subscribe(HashMap::new());
    until(&mut subscription, |event| {
        matches!(event, Event::CatchUp(_))
    })
    .await?;
    Ok(subscription)
}

#[tokio::test]
async fn klines_that_arrive_are_told_as_a_change() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    let bus = PgEventBus::start(store);
    let mut subscription = listening(&bus, HashMap::new()).await?;
    let bar = market::Bar::from_trade(market::Interval::M1, &trade(1, DAY_MS, 1.0));
    history::write_klines(store, id, market::Interval::M1, &[bar]).await?;
    assert_eq!(next(&mut subscription).await?, Event::Changed([id].into()));
    Ok(())
}
