//! The stream as it should not be.

use ingestor::Config;
use store::rejects;

use crate::rig::{Rig, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_connection_is_made_again_and_what_was_missed_is_recorded() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    let ingestor = rig.start(rig.config());
    let id = rig.following("BTCUSDT").await;
    rig.until_more_trades(id, 20).await;
    let before = rig.connections().await;
    // Nobody listens until something is missed for certain.
    rig.fault("refuse").await;
    rig.fault("drop").await;
    eventually("nobody listens", async || {
        rig.connections().await.is_empty().then_some(())
    })
    .await;
    rig.until_exchange_traded("BTCUSDT", 10).await;
    rig.end_faults().await;
    rig.until_another_connection(&before).await;
    rig.until_more_trades(id, 20).await;
    let gaps = eventually("a gap is recorded", async || {
        Some(rig.open_gaps(id).await).filter(|gaps| !gaps.is_empty())
    })
    .await;
    assert_eq!(gaps[0].gap.reason, "reconnect");
    assert!(gaps[0].gap.from_ms <= gaps[0].gap.to_ms);
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_with_a_zero_price_become_rejects_and_leave_no_gap() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    let ingestor = rig.start(rig.config());
    let id = rig.following("BTCUSDT").await;
    rig.until_more_trades(id, 5).await;
    rig.fault("zero_price,count=3").await;
    rig.fault("zero_qty,count=2").await;
    let rejected = eventually("five rejects", async || {
        let rejects = rejects::newest(rig.store(), 100).await.expect("readable");
        Some(rejects).filter(|rejects| rejects.len() >= 5)
    })
    .await;
    assert_eq!(rejected.len(), 5);
    for reject in &rejected {
        assert_eq!(reject.symbol_id, Some(id));
        assert!(reject.agg_id.is_some() && reject.time_ms.is_some());
        assert!(
            reject.raw.starts_with("{\"stream\":\"btcusdt@aggTrade\""),
            "{}",
            reject.raw
        );
    }
    let counts = rejects::counts(rig.store()).await.expect("readable");
    assert_eq!(
        counts,
        [
            ("non_positive_price".into(), 3),
            ("non_positive_qty".into(), 2)
        ]
    );
    let stored = rig.until_more_trades(id, 20).await;
    assert!(
        stored
            .iter()
            .all(|trade| trade.price > 0.0 && trade.qty > 0.0)
    );
    assert_eq!(
        rig.open_gaps(id).await,
        [],
        "a rejected id is accounted for"
    );
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_oversized_and_unknown_frames_stop_nothing() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    let ingestor = rig.start(rig.config());
    let id = rig.following("BTCUSDT").await;
    rig.until_more_trades(id, 5).await;
    let before = rig.connections().await;
    for fault in [
        "malformed,count=3",
        "unknown_event,count=3",
        "unknown_field,count=3",
        "oversized,count=2",
    ] {
        rig.fault(fault).await;
    }
    let malformed = eventually("three malformed frames are kept", async || {
        let rejects = rejects::newest(rig.store(), 100).await.expect("readable");
        Some(rejects).filter(|rejects| rejects.len() >= 3)
    })
    .await;
    assert!(
        malformed
            .iter()
            .all(|reject| reject.reason == "malformed" && !reject.raw.is_empty())
    );
    rig.until_more_trades(id, 40).await;
    assert_eq!(
        rig.connections().await,
        before,
        "the connection has lived through all of them"
    );
    assert_eq!(rig.open_gaps(id).await, []);
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
}

/// The fault makes the ingestor leave its connection for another one, and costs nothing else.
async fn assert_costs_the_connection_and_no_more(fault: &str, change: impl FnOnce(&mut Config)) {
    let rig = Rig::of(&["BTCUSDT"]).await;
    let mut config = rig.config();
    change(&mut config);
    let ingestor = rig.start(config);
    let id = rig.following("BTCUSDT").await;
    rig.until_more_trades(id, 5).await;
    let before = rig.connections().await;
    rig.fault(fault).await;
    rig.until_another_connection(&before).await;
    rig.until_more_trades(id, 20).await;
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_too_large_to_be_true_costs_the_connection_and_no_more() {
    assert_costs_the_connection_and_no_more("oversized,bytes=20000000", |_| ()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_and_reordered_trades_are_stored_once_and_leave_no_open_gap() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    let ingestor = rig.start(rig.config());
    let id = rig.following("BTCUSDT").await;
    rig.until_more_trades(id, 5).await;
    rig.fault("duplicate,every=3,count=20").await;
    rig.fault("reorder,every=2,count=20").await;
    let stored = rig.until_more_trades(id, 150).await;
    rig.end_faults().await;
    let newest = stored.last().expect("trades").agg_id;
    eventually(
        "everything up to here is there and no gap is open",
        async || {
            let stored = rig.stored(id).await;
            let contiguous = stored
                .windows(2)
                .all(|pair| pair[0].agg_id + 1 == pair[1].agg_id);
            let later = stored.last().is_some_and(|trade| trade.agg_id > newest);
            (contiguous && later && rig.open_gaps(id).await.is_empty()).then_some(())
        },
    )
    .await;
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skipped_trade_is_a_gap_and_a_late_one_fills_it() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    let ingestor = rig.start(rig.config());
    let id = rig.following("BTCUSDT").await;
    rig.until_more_trades(id, 5).await;
    rig.fault("skip,count=1").await;
    let skipped = eventually("a gap", async || rig.open_gaps(id).await.first().cloned()).await;
    assert_eq!(skipped.gap.reason, "skipped");
    assert_eq!(skipped.gap.from_agg_id, skipped.gap.to_agg_id);

    // Long enough that the gap is seen open on a busy machine.
    rig.fault("delay,count=1,delay_ms=20000").await;
    eventually("a second gap", async || {
        (rig.open_gaps(id).await.len() == 2).then_some(())
    })
    .await;
    eventually("the late trade fills it", async || {
        (rig.open_gaps(id).await == [skipped.clone()]).then_some(())
    })
    .await;
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_symbol_is_noticed_while_the_others_go_on() {
    let rig = Rig::of(&["BTCUSDT", "ETHUSDT"]).await;
    let ingestor = rig.start(Config {
        symbol_silence_ms: 2_000,
        ..rig.config()
    });
    let (btc, eth) = (
        rig.following("BTCUSDT").await,
        rig.following("ETHUSDT").await,
    );
    rig.until_more_trades(eth, 5).await;
    let before = rig.connections().await;
    rig.fault("silent,symbol=ETHUSDT").await;
    let status = rig
        .until_status("the silence is told", |status| {
            status.message.contains("ETHUSDT: no trade")
        })
        .await;
    assert!(!status.message.contains("BTCUSDT"), "{}", status.message);
    // Subscribing again does not help, so the connection is made anew.
    rig.until_another_connection(&before).await;
    rig.until_more_trades(btc, 20).await;
    rig.end_faults().await;
    rig.until_more_trades(eth, 20).await;
    rig.until_status("the silence is over", |status| {
        !status.message.contains("ETHUSDT")
    })
    .await;
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
    rig.assert_all_accounted_for("ETHUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_symbol_among_busy_ones_does_not_cost_them_their_connection() {
    let rig = Rig::of(&["BTCUSDT", "ETHUSDT", "SOLUSDT"]).await;
    let silence_ms = 4_000;
    let ingestor = rig.start(Config {
        symbol_silence_ms: silence_ms,
        ..rig.config()
    });
    let mut ids = Vec::new();
    for name in ["BTCUSDT", "ETHUSDT", "SOLUSDT"] {
        let id = rig.following(name).await;
        rig.until_more_trades(id, 5).await;
        ids.push(id);
    }
    let before = rig.connections().await;
    rig.fault("silent,symbol=ETHUSDT").await;
    // It is subscribed again after once and after twice the patience.
    let tried_twice_s = 2 * silence_ms / 1_000 + 1;
    rig.until_status("it was subscribed again, twice", |status| {
        let says = status.message.split_once("ETHUSDT: no trade for ");
        let seconds = says.and_then(|(_, rest)| rest.split_once(" s")?.0.parse().ok());
        seconds.is_some_and(|seconds: u64| seconds >= tried_twice_s)
    })
    .await;
    assert_eq!(rig.connections().await, before);
    rig.end_faults().await;
    for id in &ids {
        rig.until_more_trades(*id, 20).await;
    }
    assert_eq!(rig.connections().await, before);
    for id in [ids[0], ids[2]] {
        assert_eq!(rig.open_gaps(id).await, [], "a busy symbol missed nothing");
    }
    ingestor.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_answers_nothing_at_all_is_left() {
    assert_costs_the_connection_and_no_more("half_open", |config| {
        config.connection_silence_ms = 1_000;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_market_keeps_its_connection_as_pings_are_answered() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    let ingestor = rig.start(Config {
        connection_silence_ms: 8_000,
        ..rig.config()
    });
    let id = rig.following("BTCUSDT").await;
    rig.until_more_trades(id, 5).await;
    let before = rig.connections().await;
    rig.fault("silent,duration_ms=12000").await;
    rig.until_more_trades(id, 5).await;
    let gap = eventually("the silence ends with a gap", async || {
        rig.open_gaps(id).await.first().cloned()
    })
    .await;
    assert!(
        gap.gap.to_ms - gap.gap.from_ms > 8_000,
        "longer than the time after which it would be left"
    );
    assert_eq!(rig.connections().await, before);
    ingestor.stop().await;
}
