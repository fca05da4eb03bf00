//! Alert rules: evaluated by one process, told to everybody.
//!
//! | module | what |
//! | --- | --- |
//! | [`machine`] | where a rule stands, and when it tells: pure |
//! | [`rule`], [`body`] | a rule as it is evaluated, and as it is given |
//! | [`figure`] | the figure that a rule watches |
//! | [`feeds`] | whether trades arrive |
//! | [`evaluator`] | the lease, and a worker a rule |
//! | [`worker`] | one rule: from bars to what is stored |
//! | [`board`] | what the evaluator writes |
//! | [`deliver`], [`webhook`] | from what is stored to receivers |
//! | [`tell`] | from what is stored to what is sent |
//!
//! **A restart neither repeats nor loses an event.** An event, where its rule stands after it and that it is to be
//! delivered commit together. A new evaluator goes on after the last bar that was evaluated, with what was
//! known then, and so comes to the same events; one that is stored already is not stored again.

mod board;
pub(crate) mod body;
mod deliver;
pub(crate) mod evaluator;
mod feeds;
mod figure;
mod machine;
mod rule;
pub(crate) mod tell;
pub(crate) mod webhook;
mod worker;
