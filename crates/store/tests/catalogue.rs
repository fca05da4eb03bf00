//! Symbols, their overview, the feed's status, errors that a caller can act on.

mod support;

use market::{FeedMode, Interval, Venue};
use store::{
    DatabaseUrls, FeedState, FeedStatus, Store, StoreError, SymbolSpec, feed_status,
    funding::{self, FundingRate},
    history::{self, Coverage},
    rejects, symbols,
};
use support::{DAY_MS, HOUR, MINUTE, register, register_uncovered, trade, write};
use testkit::TestDb;

type Result = anyhow::Result<()>;

#[tokio::test]
async fn a_symbol_keeps_its_id_and_learns_its_properties() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let named = SymbolSpec::named("BTCUSDT".parse()?);
    let other = SymbolSpec::named("AAAUSDT".parse()?);
    let first = symbols::register(store, Venue::Binance, &[named.clone(), other]).await?;
    assert_eq!(first[0].0.as_str(), "BTCUSDT", "in the order given");
    let known = SymbolSpec {
        price_tick: Some(0.1),
        base_asset: Some("BTC".to_owned()),
        ..named.clone()
    };
    let again = symbols::register(store, Venue::Binance, std::slice::from_ref(&known)).await?;
    assert_eq!(again[0].1, first[0].1);
    symbols::register(store, Venue::Binance, &[named]).await?;
    let found = symbols::resolve(store, &"BTCUSDT".parse()?).await?;
    assert_eq!(found.spec, known, "what is not said is not forgotten");
    assert_eq!(symbols::list(store).await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_name_that_two_venues_carry_has_to_be_said_with_its_venue() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let spec = [SymbolSpec::named("BTCUSDT".parse()?)];
    symbols::register(store, Venue::Binance, &spec).await?;
    symbols::register(store, Venue::Simulated, &spec).await?;
    let open = symbols::resolve(store, &"BTCUSDT".parse()?).await;
    assert!(matches!(open, Err(StoreError::AmbiguousSymbol { .. })));
    let one = symbols::resolve(store, &"simulated:BTCUSDT".parse()?).await?;
    assert_eq!(one.venue, Venue::Simulated);
    let none = symbols::resolve(store, &"NOPE".parse()?).await;
    assert!(matches!(none, Err(StoreError::UnknownSymbol(name)) if name == "NOPE"));
    Ok(())
}

#[tokio::test]
async fn the_overview_shows_price_volume_and_extent() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let covered = register(store, &["AAAUSDT"]).await?[0];
    let klines_only = register_uncovered(store, &["BBBUSDT", "CCCUSDT"]).await?[0];
    // 30 hours of one trade a minute, of 0.5 each.
    let trades: Vec<_> = (0..1_800)
        .map(|i| trade(i, DAY_MS + i * MINUTE, 100.0 + i as f64))
        .collect();
    write(store, covered, &trades).await?;
    let bars: Vec<_> = trades[..100]
        .iter()
        .map(|t| market::Bar::from_trade(Interval::M1, t))
        .collect();
    history::write_klines(store, klines_only, Interval::M1, &bars).await?;
    for refreshed in [false, true] {
        if refreshed {
            store::refresh::run(store, None).await?;
        }
        let seen = symbols::overview(store).await?;
        assert_eq!(seen.len(), 3);
        let [a, b, c] = &seen[..] else {
            panic!("three symbols")
        };
        assert_eq!((a.last_price, a.last_agg_id), (Some(1_899.0), Some(1_799)));
        assert_eq!(a.last_time_ms, Some(DAY_MS + 1_799 * MINUTE));
        assert_eq!(
            (a.first_bar_ms, a.last_bar_ms),
            (Some(DAY_MS), Some(DAY_MS + 1_799 * MINUTE))
        );
        assert!((a.volume_24h - 720.0).abs() <= 1.0, "{}", a.volume_24h);
        assert_eq!((b.last_price, b.last_agg_id), (Some(199.0), None));
        assert_eq!(
            (b.first_bar_ms, b.last_bar_ms),
            (Some(DAY_MS), Some(DAY_MS + 99 * MINUTE))
        );
        assert_eq!(b.volume_24h, 50.0);
        assert_eq!(
            (c.last_price, c.first_bar_ms, c.last_bar_ms, c.volume_24h),
            (None, None, None, 0.0)
        );
    }
    Ok(())
}

#[tokio::test]
async fn the_feeds_status_is_read_as_written_and_its_watermark_never_goes_back() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let ids = register(store, &["AAAUSDT", "BBBUSDT"]).await?;
    let mut status = FeedStatus {
        venue: Venue::Simulated,
        mode: FeedMode::Replay,
        state: FeedState::Backfilling,
        message: "fetching".to_owned(),
        watermark_ms: Some(DAY_MS + HOUR),
        lag_ms: Some(-12),
        last_message_ms: vec![(ids[0], DAY_MS), (ids[1], DAY_MS + HOUR)],
        backfill: Some(feed_status::BackfillProgress { done: 3, total: 10 }),
    };
    feed_status::write(store, &status).await?;
    let read = feed_status::read(store).await?;
    assert_eq!(read[0].status, status);
    assert!(read[0].read_at_ms >= read[0].updated_at_ms);
    // After a restart that has seen nothing yet.
    status.watermark_ms = None;
    status.backfill = None;
    feed_status::write(store, &status).await?;
    let read = feed_status::read(store).await?;
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].status.watermark_ms, Some(DAY_MS + HOUR));
    assert_eq!(read[0].status.backfill, None);
    assert!(read[0].status.is_closed(DAY_MS + HOUR - 1_000));
    assert!(!read[0].status.is_closed(DAY_MS + HOUR - 999));
    Ok(())
}

#[tokio::test]
async fn rejects_without_an_id_are_all_kept_and_raw_frames_may_hold_anything() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let reject = rejects::Reject {
        symbol_id: None,
        agg_id: None,
        time_ms: None,
        reason: "malformed".to_owned(),
        raw: "{\"a\":\0 ü".to_owned(),
    };
    rejects::record(store, &[reject.clone(), reject]).await?;
    assert_eq!(rejects::counts(store).await?, [("malformed".to_owned(), 2)]);
    Ok(())
}

#[tokio::test]
async fn errors_say_whether_trying_again_helps() -> Result {
    let nobody = Store::connect(&DatabaseUrls::new("postgres://nobody@127.0.0.1:1/none")).await;
    assert!(matches!(&nobody, Err(StoreError::Unavailable(_))));
    assert!(nobody.unwrap_err().is_transient());
    let nonsense = Store::connect(&DatabaseUrls::new("not a url")).await;
    assert!(matches!(&nonsense, Err(StoreError::Configuration(_))));
    let empty = TestDb::empty().await?;
    let early = symbols::list(empty.store()).await;
    assert!(matches!(
        early,
        Err(StoreError::SchemaTooOld { found: 0, .. })
    ));
    assert!(matches!(
        empty.store().flavour().await,
        Err(StoreError::SchemaTooOld { .. })
    ));
    Ok(())
}

#[tokio::test]
async fn passwords_are_not_shown() {
    let urls = DatabaseUrls::new("postgres://me:secret@localhost/x");
    assert!(!format!("{urls:?}").contains("secret"));
}

#[tokio::test]
async fn funding_rates_are_kept_once_with_the_time_of_which_they_are_known() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let [a, b] = register(store, &["AAAUSDT", "BBBUSDT"]).await?[..] else {
        panic!("two symbols have two ids")
    };
    let rate = |hour: i64, rate| FundingRate {
        time_ms: hour * HOUR,
        rate,
    };
    let hours = |from: i64, to: i64| Coverage {
        from_ms: from * HOUR,
        to_ms: to * HOUR,
    };
    let nothing = funding::read(store, a, 0, DAY_MS).await?;
    assert_eq!((nothing.rates, nothing.covered), (vec![], vec![]));
    funding::write(store, a, &[rate(1, 1e-4), rate(9, -2e-5)], hours(0, 9)).await?;
    // A rate that is told again, and differently, is the newer one.
    funding::write(store, a, &[rate(9, -3e-5), rate(17, 0.0)], hours(9, 20)).await?;
    // Nothing was paid, and that is known; of a stretch without length nothing is.
    funding::write(store, a, &[], hours(30, 31)).await?;
    funding::write(store, a, &[], hours(40, 40)).await?;
    funding::write(store, b, &[rate(1, 5e-4)], hours(1, 2)).await?;
    let all = [rate(1, 1e-4), rate(9, -3e-5), rate(17, 0.0)];
    let found = funding::read(store, a, HOUR, 17 * HOUR).await?;
    assert_eq!(found.rates, all);
    assert_eq!(found.covered, [hours(0, 20), hours(30, 31)]);
    assert_eq!(funding::coverage(store, a).await?, found.covered);
    let part = funding::read(store, a, HOUR + 1, 9 * HOUR).await?;
    assert_eq!(part.rates, all[1..2]);
    // What lies between joins both sides.
    funding::write(store, a, &[], hours(19, 30)).await?;
    assert_eq!(funding::coverage(store, a).await?, [hours(0, 31)]);
    let other = funding::read(store, b, 0, DAY_MS).await?;
    assert_eq!(
        (other.rates, other.covered),
        (vec![rate(1, 5e-4)], vec![hours(1, 2)])
    );
    Ok(())
}
