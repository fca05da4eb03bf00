//! The reliability drills, with one table at the end.
//!
//! Those of the api are tests of the api; they are run here by name, so that nothing is taken on trust.

use std::{env, path::Path, process::Command};

use anyhow::bail;
use clap::Args;

use crate::{command, setup};

#[derive(Args)]
pub struct Options {
    /// Only drills whose name contains this.
    #[arg(long, default_value = "")]
    filter: String,

    /// At the size that `cargo xtask test` has, in its build.
    #[arg(long)]
    core: bool,

    /// Instead of the suite, faults mixed at random for so many seconds.
    #[arg(long, value_name = "SECONDS")]
    random: Option<u64>,

    /// Of whatever is drawn by lot.
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Args)]
pub struct SoakOptions {
    /// `--minutes`, `--rate`, `--symbols`; `--help` says more.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    soak: Vec<String>,
}

/// A drill that is a test elsewhere.
#[derive(Clone, Copy)]
struct Elsewhere {
    drill: &'static str,
    target: &'static str,
    /// By their whole names, so that one that was renamed is missed.
    tests: &'static [&'static str],
}

/// The suite once more, at core size, with a store that loses a trade in a million: every drill must fail.
const MUTANT: Elsewhere = Elsewhere {
    drill: "mutant",
    target: "mutant",
    tests: &["every_drill_fails_when_one_trade_in_a_million_is_lost"],
};

/// Makes the store lose it.
const LEAK: &str = "drills/leak";

const ELSEWHERE: [Elsewhere; 8] = [
    Elsewhere {
        drill: "sse-other-process",
        target: "api",
        tests: &["stream::a_client_that_comes_back_to_another_process_is_sent_what_it_missed"],
    },
    Elsewhere {
        drill: "two-apis",
        target: "api",
        tests: &[
            "alerts::stream::a_client_hears_of_every_event_once_also_when_it_comes_back_elsewhere",
        ],
    },
    Elsewhere {
        drill: "kill-alerting",
        target: "api",
        tests: &["alerts::killed::an_alert_is_neither_repeated_nor_lost_by_a_hundred_kills"],
    },
    Elsewhere {
        drill: "sse-slow-client",
        target: "api",
        tests: &[
            "stream_pair::a_client_that_does_not_read_is_told_why_its_stream_ends_and_others_go_on",
        ],
    },
    Elsewhere {
        drill: "sse-many-clients",
        target: "api",
        tests: &["stream::a_thousand_clients_share_one_read_of_each_change"],
    },
    Elsewhere {
        drill: "upload-cut",
        target: "api",
        tests: &[
            "datasets::an_upload_is_seen_while_it_comes_and_leaves_nothing_when_it_breaks_off",
        ],
    },
    Elsewhere {
        drill: "below-floor",
        target: "retention",
        tests: &[
            "dropping_old_trades_keeps_every_bar_also_through_later_refreshes",
            "trades_below_the_floor_are_refused_and_recorded_and_no_bar_changes",
            "nothing_is_dropped_that_is_not_yet_in_every_level",
        ],
    },
    Elsewhere {
        drill: "fuzz",
        target: "corpora",
        tests: &[
            "frames_are_told_what_they_are",
            "rest_replies_are_taken_or_refused",
            "records_of_the_spool_are_read_or_refused",
            "the_file_of_a_spool_is_read_to_its_end_or_set_aside",
        ],
    },
];

pub fn run(options: &Options) -> anyhow::Result<()> {
    let bin_dir = setup::postgres()?;
    if let Some(seconds) = options.random {
        let mut drills = program(options.core);
        drills.args(["random", "--seconds", &seconds.to_string()]);
        return command::run(with_seed(&mut drills, options));
    }
    let mut table = Table::default();
    for (flavour, core) in flavours(&bin_dir, options.core) {
        table.suite(&flavour, core, options)?;
    }
    let elsewhere = ELSEWHERE.iter().chain((!options.core).then_some(&MUTANT));
    for drill in elsewhere.filter(|drill| drill.drill.contains(&options.filter)) {
        table.elsewhere(*drill)?;
    }
    println!("\n{}", table.lines.join("\n"));
    if table.failed {
        bail!("a drill failed");
    }
    Ok(())
}

/// What `TEST_FLAVOUR` asks for; or else plain PostgreSQL, and at core size TimescaleDB, where the server has it.
fn flavours(bin_dir: &Path, core: bool) -> Vec<(String, bool)> {
    if let Ok(flavour) = env::var("TEST_FLAVOUR") {
        return vec![(flavour, core)];
    }
    let mut flavours = vec![("plain".to_owned(), core)];
    if setup::offers_timescaledb(bin_dir) {
        flavours.push(("timescale".to_owned(), true));
    }
    flavours
}

/// What was found, drill by drill.
#[derive(Default)]
struct Table {
    lines: Vec<String>,
    failed: bool,
}

impl Table {
    /// The drills of the suite on a flavour of the database.
    fn suite(&mut self, flavour: &str, core: bool, options: &Options) -> anyhow::Result<()> {
        command::announce(&format!("drills, {flavour}"));
        let mut drills = program(options.core);
        drills
            .args(["run", "--filter", &options.filter])
            .env("TEST_FLAVOUR", flavour);
        if core {
            drills.arg("--core");
        }
        let size = if core { "core" } else { "full" };
        let mut lines = vec![format!("{flavour}, {size} size")];
        let held = command::run_reading(with_seed(&mut drills, options), |line| {
            lines.push(line.to_owned());
        })?;
        // A filter that none of the suite's names contains may name drills that lie elsewhere.
        if lines.len() > 1 {
            self.failed |= !held;
            self.lines.append(&mut lines);
        } else {
            self.failed |= !is_elsewhere(&options.filter);
        }
        Ok(())
    }

    fn elsewhere(&mut self, drill: Elsewhere) -> anyhow::Result<()> {
        let (verdict, holds) = drill.run()?;
        self.failed |= !holds;
        self.lines.push(verdict);
        Ok(())
    }
}

fn is_elsewhere(filter: &str) -> bool {
    let mut all = ELSEWHERE.iter().chain([&MUTANT]);
    all.any(|drill| drill.drill.contains(filter))
}

fn with_seed<'a>(drills: &'a mut Command, options: &Options) -> &'a mut Command {
    match options.seed {
        Some(seed) => drills.args(["--seed", &seed.to_string()]),
        None => drills,
    }
}

pub fn soak(options: &SoakOptions) -> anyhow::Result<()> {
    setup::postgres()?;
    command::run(program(false).arg("soak").args(&options.soak))
}

/// The drills as a program. What is measured against budgets is optimised.
fn program(debug: bool) -> Command {
    let mut cargo = command::cargo();
    // Not by its package: with the features of the whole workspace nothing is built twice.
    cargo.args(["run", "--quiet", "--bin", "drills"]);
    if !debug {
        cargo.arg("--release");
    }
    cargo.arg("--");
    cargo
}

impl Elsewhere {
    /// Its line of the table, and whether it holds.
    fn run(&self) -> anyhow::Result<(String, bool)> {
        command::announce(&format!("drill: {}", self.drill));
        let mut cargo = command::cargo();
        // By target and not by package, and with this program beside it: anything less would choose other features or
        // profiles of the dependencies and build them all once more.
        cargo.args(["test", "--bin", "xtask", "--test", self.target]);
        if self.target == MUTANT.target {
            cargo.args(["--features", LEAK]);
        }
        // This program's own tests have other names.
        cargo.args(["--", "--exact"]).args(self.tests);
        let mut passed = 0;
        let succeeded = command::run_reading(&mut cargo, |line| {
            if line.starts_with("test ") && line.ends_with(" ... ok") {
                passed += 1;
            }
        })?;
        // A test that was renamed must not pass for one that holds.
        let holds = succeeded && passed == self.tests.len();
        let verdict = if holds { "holds" } else { "FAILS" };
        let line = format!(
            "{:<20} {verdict}: {passed} of {} tests of {}: {}",
            self.drill,
            self.tests.len(),
            self.target,
            self.tests.join(" ")
        );
        Ok((line, holds))
    }
}
