//! Gaps while they are repaired.

mod support;

use anyhow::Result;
use store::{SymbolId, gaps, gaps::NewGap, rejects};
use support::{register, trade, write};
use testkit::TestDb;

fn gap(symbol_id: SymbolId, from_agg_id: i64, to_agg_id: i64, to_ms: i64) -> NewGap {
    NewGap {
        symbol_id,
        from_agg_id,
        to_agg_id,
        from_ms: to_ms - 1_000,
        to_ms,
        reason: "test".to_owned(),
    }
}

#[tokio::test]
async fn the_newest_gap_that_is_not_given_up_is_repaired_next() -> Result<()> {
    let db = TestDb::create().await?;
    let store = db.store();
    let ids = register(store, &["AAAUSDT", "BBBUSDT"]).await?;
    let found = [
        gap(ids[0], 10, 19, 5_000),
        gap(ids[0], 30, 39, 9_000),
        gap(ids[1], 10, 19, 20_000),
    ];
    let keys = gaps::record(store, &found).await?;
    let next = async |symbols: &[SymbolId]| {
        let next = gaps::next_to_repair(store, symbols, 20).await?;
        anyhow::Ok(next.iter().map(|gap| gap.gap_id).collect::<Vec<_>>())
    };
    assert_eq!(next(&ids).await?, [keys[2]]);
    assert_eq!(next(&ids[..1]).await?, [keys[1]], "of its own symbols");
    let near = gaps::record(store, &[gap(ids[0], 20, 21, 6_000)]).await?;
    assert_eq!(next(&ids[..1]).await?, [near[0], keys[1]], "within reach");
    gaps::give_up(store, keys[1], "too_large").await?;
    assert_eq!(next(&ids[..1]).await?, [keys[0], near[0]]);
    gaps::mark_filled(store, near[0]).await?;
    gaps::mark_filled(store, keys[0]).await?;
    assert!(next(&ids[..1]).await?.is_empty());
    let totals = gaps::totals(store).await?;
    assert_eq!((totals.recorded, totals.filled), (4, 2));
    let open = gaps::unfilled(store).await?;
    let given_up: Vec<_> = open.iter().map(|gap| gap.given_up.as_deref()).collect();
    assert_eq!(given_up, [None, Some("too_large")], "it stays open");
    Ok(())
}

#[tokio::test]
async fn what_the_exchange_does_not_have_becomes_a_gap_of_its_own() -> Result<()> {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    let key = gaps::record(store, &[gap(id, 10, 29, 5_000)]).await?[0];
    gaps::give_up_before(store, key, 15, "not_available").await?;
    let open = gaps::unfilled(store).await?;
    let mut ranges: Vec<_> = open
        .iter()
        .map(|gap| {
            (
                gap.gap.from_agg_id,
                gap.gap.to_agg_id,
                gap.given_up.as_deref(),
            )
        })
        .collect();
    ranges.sort_unstable();
    assert_eq!(ranges, [(10, 14, Some("not_available")), (15, 29, None)]);
    Ok(())
}

#[tokio::test]
async fn a_gap_that_shrinks_to_one_found_before_is_told_by_that_one() -> Result<()> {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    let keys = gaps::record(store, &[gap(id, 10, 29, 5_000), gap(id, 20, 29, 5_000)]).await?;
    gaps::advance(store, keys[0], 20, 4_500).await?;
    let open = gaps::unfilled(store).await?;
    assert_eq!(
        open.iter().map(|gap| gap.gap_id).collect::<Vec<_>>(),
        keys[1..]
    );
    Ok(())
}

#[tokio::test]
async fn a_gap_is_closed_when_all_that_it_lacked_is_stored_or_rejected() -> Result<()> {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    let key = gaps::record(store, &[gap(id, 10, 13, 5_000)]).await?[0];
    let stored = [10, 11, 13].map(|agg_id| trade(agg_id, 4_500, 1.0));
    write(store, id, &stored[..2]).await?;
    assert!(!gaps::close_if_stored(store, key).await?);
    write(store, id, &stored).await?;
    assert!(!gaps::close_if_stored(store, key).await?);
    let reject = rejects::Reject {
        symbol_id: Some(id),
        agg_id: Some(12),
        time_ms: None,
        reason: "non_positive_price".to_owned(),
        raw: String::new(),
    };
    // Rejected for two reasons, it is one id.
    let again = rejects::Reject {
        reason: "other".to_owned(),
        ..reject.clone()
    };
    rejects::record(store, &[reject, again]).await?;
    assert!(gaps::close_if_stored(store, key).await?);
    assert!(gaps::unfilled(store).await?.is_empty());
    assert!(!gaps::close_if_stored(store, key).await?, "once");
    Ok(())
}

#[tokio::test]
async fn rejected_ids_above_the_newest_trade_are_known() -> Result<()> {
    let db = TestDb::create().await?;
    let store = db.store();
    let ids = register(store, &["AAAUSDT", "BBBUSDT", "CCCUSDT"]).await?;
    write(store, ids[0], &[trade(10, 1_000, 1.0)]).await?;
    let reject = |symbol_id, agg_id| rejects::Reject {
        symbol_id: Some(symbol_id),
        agg_id: Some(agg_id),
        time_ms: None,
        reason: "non_positive_price".to_owned(),
        raw: String::new(),
    };
    let rejected = [
        reject(ids[0], 9),
        reject(ids[0], 13),
        reject(ids[0], 11),
        reject(ids[1], 5),
        reject(ids[2], 5),
    ];
    rejects::record(store, &rejected).await?;
    assert_eq!(
        rejects::above_cursors(store, &ids[..2]).await?,
        [(ids[0], 11), (ids[0], 13), (ids[1], 5)]
    );
    Ok(())
}
