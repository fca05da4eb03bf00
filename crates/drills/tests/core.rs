//! The drills that every test run does, at the size that it can afford; `cargo xtask drills` does all of them.

use drills::{Lab, Row, SUITE, Scale, print};

async fn holds(name: &str) {
    let drill = SUITE.iter().find(|drill| drill.name == name);
    let lab = Lab::new(env!("CARGO_BIN_EXE_drills").into(), Scale::Core, 1);
    let row: Row = drill.expect("it is in the suite").run(&lab).await;
    print(std::slice::from_ref(&row));
    if let Err(error) = row.verdict {
        panic!("{name}: {error:#}");
    }
}

macro_rules! tests {
    ($($test:ident: $drill:literal;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                holds($drill).await;
            }
        )*
    };
}

tests! {
    an_ingestor_that_is_killed_again_and_again_leaves_every_trade_accounted_for: "kill-ingestor";
    either_of_two_ingestors_may_be_killed: "two-ingestors";
    kills_while_the_database_is_away_cost_nothing_that_was_spooled: "spool-kill";
    ids_that_are_skipped_repeated_and_reordered_are_stored_once: "ids";
    late_trades_are_in_bars_that_were_refreshed_without_them: "late";
    a_standby_takes_over_from_an_aggregator_that_was_killed: "kill-aggregator";
    a_database_that_stops_under_load_and_is_then_killed_costs_nothing: "database";
    a_database_that_is_cut_off_costs_nothing: "database-cut";
    connections_that_are_dropped_cost_nothing: "dropped";
    connections_that_answer_nothing_are_left_and_cost_nothing: "half-open";
    an_ingestor_that_is_told_to_stop_under_load_stops_in_time_and_loses_nothing: "sigterm";
    connections_that_the_exchange_ends_are_replaced_before_without_a_gap: "roll-over";
    bad_frames_are_rejected_and_cost_nothing_else: "frames";
    gaps_are_repaired_though_rest_refuses: "rest";
    an_exchange_whose_clock_is_ahead_is_followed_like_any_other: "clock";
}
