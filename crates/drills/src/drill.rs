//! The suite: every drill by its name.

use futures::future::LocalBoxFuture;

use crate::{
    Lab, Row, Stack,
    suite::{crash, database, rest, stream, twice},
};

/// A drill: what is done to a stack, after which it is judged.
pub struct Drill {
    /// Its name in the table.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub what: &'static str,
    run: for<'a> fn(&'a Lab) -> LocalBoxFuture<'a, anyhow::Result<Stack>>,
}

impl Drill {
    /// Does it, and has the stack judged.
    pub async fn run(&self, lab: &Lab) -> Row {
        match (self.run)(lab).await {
            Ok(stack) => stack.judge(self.name).await,
            Err(error) => Row::of(self.name, Err(error.context("before the comparison"))),
        }
    }
}

macro_rules! suite {
    ($($name:literal, $run:path: $what:literal;)*) => {
        /// All drills, in the order of the table.
        pub static SUITE: &[Drill] = &[$(Drill {
            name: $name,
            what: $what,
            run: |lab| Box::pin($run(lab)),
        }),*];
    };
}

suite! {
    "kill-ingestor", crash::kill_ingestor: "kill -9 of the ingestor in mid-stream, again and again";
    "sigterm", crash::sigterm: "SIGTERM under load: it stops in time and loses nothing that it had";
    "kill-aggregator", twice::aggregators: "two aggregators, the holder of the lease killed -9";
    "two-ingestors", twice::ingestors: "two ingestors on the same symbols, either killed in turn";
    "database", database::outage: "the database stopped under load, then killed -9";
    "database-cut", database::cut: "connections to the database reset, refused and silent";
    "spool-full", database::spool_full: "the database away for longer than the spool has room";
    "spool-kill", database::spool_kill: "kill -9 of the ingestor, twice, while the database is away";
    "dropped", stream::dropped: "connections dropped and closed, new ones refused for a while";
    "silent", stream::silent: "a silent connection, and a symbol that is silent while others go on";
    "half-open", stream::half_open: "connections that stay open and answer nothing";
    "ids", stream::ids: "ids skipped, duplicated and reordered";
    "late", stream::late: "trades that come late into buckets that were refreshed";
    "roll-over", stream::roll_over: "connections that the exchange ends at an age, replaced before";
    "frames", stream::frames: "malformed, oversized, zero-price and unknown frames";
    "rest", rest::refusals: "REST answers 429, 418, 5xx, late and by halves while gaps wait for it";
    "clock", stream::clock: "the exchange's clock a minute and more ahead of the host's";
    "random", crate::suite::random::short: "faults mixed at random, by a seed";
}
