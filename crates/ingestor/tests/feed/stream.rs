//! The stream as it should be.

use exchange_sim::SimConfig;
use ingestor::{Config, UnknownSymbols};
use market::{FeedMode, Interval, Venue};
use store::FeedState;

use crate::rig::{Rig, eventually, sim_config};

const SYMBOLS: [&str; 3] = ["BTCUSDT", "ETHUSDT", "SOLUSDT"];

#[tokio::test(flavor = "multi_thread")]
async fn every_trade_from_the_first_minutes_edge_on_is_stored_once() {
    let rig = Rig::of(&SYMBOLS).await;
    let ingestor = rig.start(rig.config());
    for name in SYMBOLS {
        let id = rig.id(name).await;
        let trades_from_ms = rig.trades_from(name).await;
        let stored = rig.until_more_trades(id, 100).await;
        assert_eq!(
            Interval::M1.bucket_of(trades_from_ms),
            trades_from_ms,
            "a minute's edge"
        );
        assert_eq!(stored[0].agg_id, rig.first_id_at(name, trades_from_ms));
        assert!(
            stored
                .windows(2)
                .all(|pair| pair[0].agg_id + 1 == pair[1].agg_id)
        );
        rig.assert_all_accounted_for(name).await;
        assert_eq!(rig.open_gaps(id).await, []);
    }
    ingestor.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_tells_mode_state_watermark_lag_and_each_symbols_last_message() {
    let rig = Rig::of(&SYMBOLS).await;
    let ingestor = rig.start(rig.config());
    let status = rig
        .until_status("connected, and every symbol heard", |status| {
            status.state == FeedState::Connected
                && status.last_message_ms.len() == SYMBOLS.len()
                && status.watermark_ms.is_some()
        })
        .await;
    assert_eq!(
        (status.venue, status.mode),
        (Venue::Simulated, FeedMode::Simulated)
    );
    assert_eq!(status.message, "");
    assert!(
        status.lag_ms.is_some_and(|lag_ms| lag_ms.abs() < 60_000),
        "{status:?}"
    );
    let before = status.watermark_ms.expect("a watermark");
    rig.until_status("the watermark moves", |status| {
        status.watermark_ms > Some(before)
    })
    .await;
    ingestor.stop().await;
    let status = rig.status().await.expect("a status");
    assert_eq!(status.state, FeedState::Stopped);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_symbols_than_one_connection_carries_are_heard_on_several() {
    let rig = Rig::of(&SYMBOLS).await;
    let ingestor = rig.start(Config {
        streams_per_connection: 2,
        ..rig.config()
    });
    for name in SYMBOLS {
        let id = rig.following(name).await;
        rig.until_more_trades(id, 20).await;
        rig.assert_all_accounted_for(name).await;
    }
    assert_eq!(rig.connections().await.len(), 2);
    ingestor.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_symbol_that_the_exchange_does_not_have_is_named() {
    let rig = Rig::of(&SYMBOLS).await;
    let mut config = rig.config();
    config.symbols.push("NOSUCHUSDT".parse().unwrap());
    let error = ingestor::run(config, tokio_util::sync::CancellationToken::new())
        .await
        .unwrap_err();
    let unknown: &UnknownSymbols = error.downcast_ref().expect("the error says which");
    assert_eq!(unknown.0, ["NOSUCHUSDT".parse().unwrap()]);
    assert!(error.to_string().contains("NOSUCHUSDT") && error.to_string().contains("SYMBOLS"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_writes_what_is_held() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    // Nothing is handed on by time or size before the stop.
    let config = Config {
        batch_interval_ms: 3_600_000,
        batch_max_trades: 100_000,
        ..rig.config()
    };
    let ingestor = rig.start(config);
    let id = rig.id("BTCUSDT").await;
    let open = eventually("a connection", async || {
        rig.connections().await.first().copied()
    })
    .await;
    eventually("frames were sent", async || {
        let connections = rig.admin("connections").await;
        let mut connections = connections.as_array()?.iter();
        let sent = connections.find(|c| c["id"].as_u64() == Some(open))?["sent"].as_u64()?;
        (sent >= 50).then_some(())
    })
    .await;
    assert_eq!(rig.stored(id).await.len(), 0);
    ingestor.stop().await;
    // What the sockets' buffers held is not lost by the ingestor, but never reached it.
    assert!(
        rig.stored(id).await.len() >= 30,
        "{}",
        rig.stored(id).await.len()
    );
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_connection_is_replaced_by_one_that_overlaps_it_and_nothing_is_missed() {
    let rig = Rig::new(SimConfig {
        rate: 500.0,
        ..sim_config(&["BTCUSDT", "ETHUSDT"])
    })
    .await;
    let ingestor = rig.start(Config {
        connection_max_age_ms: 500,
        ..rig.config()
    });
    let first = eventually("a connection", async || {
        rig.connections().await.first().copied()
    })
    .await;
    eventually("two connections at once", async || {
        (rig.connections().await.len() == 2).then_some(())
    })
    .await;
    let id = rig.following("BTCUSDT").await;
    eventually("the third connection alone", async || {
        let open = rig.connections().await;
        (open.len() == 1 && open[0] > first + 1).then_some(())
    })
    .await;
    rig.until_more_trades(id, 50).await;
    // A connection that refuses to be replaced is no reason to leave it.
    rig.fault("refuse").await;
    rig.until_exchange_traded("BTCUSDT", 500).await;
    rig.end_faults().await;
    rig.until_more_trades(id, 50).await;
    ingestor.stop().await;
    for name in ["BTCUSDT", "ETHUSDT"] {
        // Nothing repairs gaps here.
        assert_eq!(rig.open_gaps(rig.id(name).await).await, []);
        rig.assert_all_accounted_for(name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_during_the_overlap_is_no_loss() {
    let rig = Rig::new(SimConfig {
        rate: 500.0,
        ..sim_config(&["BTCUSDT"])
    })
    .await;
    let ingestor = rig.start(Config {
        connection_max_age_ms: 500,
        ..rig.config()
    });
    let id = rig.following("BTCUSDT").await;
    let old = eventually("two connections at once", async || {
        let mut open = rig.connections().await;
        open.sort_unstable();
        (open.len() == 2).then(|| open[0])
    })
    .await;
    rig.fault(&format!("close,connection={old}")).await;
    rig.until_more_trades(id, 500).await;
    ingestor.stop().await;
    // On a slow machine the overlap may be over before the fault strikes; nothing is missed either way.
    assert_eq!(rig.open_gaps(id).await, []);
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_clock_that_is_off_changes_the_lag_and_nothing_else() {
    // Far more than a busy machine is late by.
    for clock_offset_ms in [600_000, -600_000] {
        let rig = Rig::new(SimConfig {
            clock_offset_ms,
            ..sim_config(&["BTCUSDT"])
        })
        .await;
        let ingestor = rig.start(rig.config());
        let id = rig.following("BTCUSDT").await;
        rig.until_more_trades(id, 20).await;
        let status = rig
            .until_status("a lag", |status| status.lag_ms.is_some())
            .await;
        let lag_ms = status.lag_ms.expect("just seen");
        assert!(
            (lag_ms + clock_offset_ms).abs() < 300_000,
            "{lag_ms} with {clock_offset_ms}"
        );
        ingestor.stop().await;
        rig.assert_all_accounted_for("BTCUSDT").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_tell_what_happened() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    let ingestor = rig.start(rig.config());
    let id = rig.following("BTCUSDT").await;
    for fault in ["zero_price", "skip", "duplicate", "malformed"] {
        rig.fault(fault).await;
    }
    rig.until_more_trades(id, 50).await;
    rig.fault("drop").await;
    rig.until_more_trades(id, 20).await;
    ingestor.stop().await;
    let metrics = service::metrics::handle().render();
    for name in [
        "ingestor_trades_received_total ",
        "ingestor_trades_written_total ",
        "ingestor_trades_duplicate_total ",
        "ingestor_rejected_total{reason=\"non_positive_price\"} ",
        "ingestor_rejected_total{reason=\"malformed\"} ",
        "ingestor_gaps_total{reason=\"skipped\"} ",
        "ingestor_reconnects_total{kind=\"broken\"} ",
        "ingestor_receive_lag_seconds_count ",
        "ingestor_batch_seconds_count ",
        "ingestor_klines_fetched_total ",
        "ingestor_rest_weight_used ",
    ] {
        let value = metrics.lines().find_map(|line| line.strip_prefix(name));
        let value: f64 = value
            .unwrap_or_else(|| panic!("no {name}"))
            .parse()
            .expect("a number");
        assert!(value > 0.0, "{name}{value}");
    }
    for name in ["ingestor_queue_depth_batches", "ingestor_open_gaps"] {
        assert!(metrics.contains(name), "{name}");
    }
}
