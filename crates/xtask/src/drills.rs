//! The reliability drills, with one table at the end.
//!
//! Those of the api are tests of the api; they are run here by name, so that nothing is taken on trust.

use std::process::Command;

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
struct Elsewhere {
    drill: &'static str,
    target: &'static str,
    test: &'static str,
}

const ELSEWHERE: [Elsewhere; 8] = [
    Elsewhere {
        drill: "sse-other-process",
        target: "api",
        test: "stream::a_client_that_comes_back_to_another_process_is_sent_what_it_missed",
    },
    Elsewhere {
        drill: "two-apis",
        target: "api",
        test: "alerts::stream::a_client_hears_of_every_event_once_also_when_it_comes_back_elsewhere",
    },
    Elsewhere {
        drill: "kill-alerting",
        target: "api",
        test: "alerts::killed::an_alert_is_neither_repeated_nor_lost_by_a_hundred_kills",
    },
    Elsewhere {
        drill: "sse-slow-client",
        target: "api",
        test: "stream_pair::a_client_that_does_not_read_is_told_why_its_stream_ends_and_others_go_on",
    },
    Elsewhere {
        drill: "sse-many-clients",
        target: "api",
        test: "stream::hundreds_of_clients_share_one_read_of_each_change",
    },
    Elsewhere {
        drill: "upload-cut",
        target: "api",
        test: "datasets::an_upload_is_seen_while_it_comes_and_leaves_nothing_when_it_breaks_off",
    },
    Elsewhere {
        drill: "below-floor",
        target: "retention",
        test: "",
    },
    Elsewhere {
        drill: "fuzz",
        target: "corpora",
        test: "",
    },
];

pub fn run(options: &Options) -> anyhow::Result<()> {
    setup::postgres()?;
    let mut drills = program(options.core);
    match options.random {
        Some(seconds) => drills.args(["random", "--seconds", &seconds.to_string()]),
        None => drills.args(["run", "--filter", &options.filter]),
    };
    if options.core && options.random.is_none() {
        drills.arg("--core");
    }
    if let Some(seed) = options.seed {
        drills.args(["--seed", &seed.to_string()]);
    }
    if options.random.is_some() {
        return command::run(&mut drills);
    }
    let elsewhere: Vec<_> = ELSEWHERE
        .iter()
        .filter(|drill| drill.drill.contains(&options.filter))
        .collect();
    // A filter that none of the suite's names contains may still name drills that lie elsewhere.
    let mut table = Vec::new();
    let held = command::run_reading(&mut drills, |line| table.push(line.to_owned()))?
        || (table.is_empty() && !elsewhere.is_empty());
    let mut failed = !held;
    for drill in elsewhere {
        let (verdict, holds) = drill.run()?;
        failed |= !holds;
        table.push(verdict);
    }
    println!("\n{}", table.join("\n"));
    if failed {
        bail!("a drill failed");
    }
    Ok(())
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
        cargo.args(["test", "--test", self.target]);
        if !self.test.is_empty() {
            cargo.args(["--", "--exact", self.test]);
        }
        let mut passed = 0;
        let succeeded = command::run_reading(&mut cargo, |line| {
            if line.starts_with("test ") && line.ends_with(" ... ok") {
                passed += 1;
            }
        })?;
        // A test that was renamed must not pass for one that holds.
        let holds = succeeded && passed > 0;
        let verdict = if holds { "holds" } else { "FAILS" };
        let of = format!("cargo test --test {} {}", self.target, self.test);
        Ok((
            format!("{:<20} {verdict}: {passed} passed of {of}", self.drill),
            holds,
        ))
    }
}
