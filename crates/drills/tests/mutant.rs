//! The judge judged: a store that loses one trade in a million makes every drill fail, for that trade.

use drills::{Lab, SUITE, Scale};
use futures::{StreamExt, stream};

/// Drills at once: most of their time they wait.
const AT_ONCE: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn every_drill_fails_when_one_trade_in_a_million_is_lost() {
    let lab = Lab::new(env!("CARGO_BIN_EXE_drills").into(), Scale::Core, 1);
    let mut running = stream::iter(SUITE)
        .map(async |drill| (drill.name, drill.run(&lab).await.verdict))
        .buffer_unordered(AT_ONCE);
    let mut unnoticed = Vec::new();
    while let Some((name, verdict)) = running.next().await {
        let said = verdict.err().map(|error| format!("{error:#}"));
        println!("{name}: {said:?}");
        // Not for any other reason.
        if !said.is_some_and(|said| said.contains(" lost, the first [") && said.contains("000000"))
        {
            unnoticed.push(name);
        }
    }
    assert!(unnoticed.is_empty(), "not noticed by {unnoticed:?}");
}
