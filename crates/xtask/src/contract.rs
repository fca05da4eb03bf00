//! The API held against its own document: Schemathesis generates requests from `/openapi.json` and judges the
//! answers, with the whole stack on the simulated exchange behind them.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::Args;

use crate::{command, launch, python, setup};

/// The version that this was written for: later ones check more.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";
/// How long the stack may take to start.
const PATIENCE: Duration = Duration::from_secs(180);
/// A stream has no end that could be waited for: calls to it are made with parameters that are refused.
const STREAM: &str = "/api/v1/stream";
/// Not checked: that every request which fits the document is accepted, as no schema can say that a start lies
/// before an end, or which symbols there are; and that calls without credentials are refused, as the server of
/// this run has no token.
const NOT_CHECKED: &str = "positive_data_acceptance,ignored_auth";

#[derive(Args)]
pub struct Options {
    /// Requests generated for each call, besides those that cover the bounds of its parameters.
    #[arg(long, default_value_t = 20)]
    examples: u32,
    /// Seed of what is generated; the same finds the same.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            examples: 20,
            seed: 1,
        }
    }
}

pub fn run(options: &Options) -> anyhow::Result<()> {
    let schemathesis = python::tool(SCHEMATHESIS, "st")?;
    setup::postgres()?;
    let stack = Stack::start(&launch::debug_launcher()?)?;
    command::announce("requests generated from /openapi.json");
    let document = format!("{}/openapi.json", stack.url);
    let judge = |selection: [&str; 4], not_checked: &str| {
        let mut command = command::program(&schemathesis.to_string_lossy());
        command
            .arg("run")
            .arg(&document)
            .args(selection)
            .args(["--exclude-checks", not_checked])
            .args(["--max-examples", &options.examples.to_string()])
            .args(["--seed", &options.seed.to_string()])
            .args(["--continue-on-failure", "--no-color"])
            .args(["--request-timeout", "30"])
            // It leaves files where it runs.
            .current_dir(&stack.folder);
        command::run(&mut command)
    };
    judge(["--exclude-path", STREAM, "--mode", "all"], NOT_CHECKED)?;
    // The document describes the data of an event; Schemathesis takes it for the event with its id.
    let not_checked = format!("{NOT_CHECKED},response_schema_conformance");
    judge(
        ["--include-path", STREAM, "--mode", "negative"],
        &not_checked,
    )
}

/// The stack on the simulated exchange; it stops, and its data goes, when this is dropped.
struct Stack {
    process: Child,
    folder: PathBuf,
    url: String,
}

impl Stack {
    fn start(launcher: &Path) -> anyhow::Result<Self> {
        command::announce("the stack, on the simulated exchange");
        let folder = env::temp_dir().join(format!("spreadscope-contract-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let mut process = Command::new(launcher)
            .args(["demo", "--bind", "127.0.0.1:0", "--data-dir"])
            .arg(folder.join("data"))
            .env("LOG_LEVEL", "warn")
            .current_dir(&folder)
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the stack")?;
        let stdout = process
            .stdout
            .take()
            .context("standard output was asked for")?;
        let mut stack = Self {
            process,
            folder,
            url: String::new(),
        };
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        stack.url = lines
            .find_map(|line| {
                let rest = line.split("is ready: ").nth(1)?;
                Some(rest.split_whitespace().next()?.to_owned())
            })
            .context("the stack ended before it was ready")?;
        // What it prints from here on must not fill the pipe.
        thread::spawn(move || lines.for_each(drop));
        stack.wait_for_bars()?;
        Ok(stack)
    }

    /// Calls are to be answered with data.
    fn wait_for_bars(&self) -> anyhow::Result<()> {
        let bars = format!(
            "{}/api/v1/bars?symbol=BTCUSDT&interval=1m&limit=1000",
            self.url
        );
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let answer = command::output(Command::new("curl").args(["-fsS", &bars]));
            if answer.is_ok_and(|answer| answer.matches(',').count() > 5_000) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(200));
        }
        bail!("the stack has no bars after {} s", PATIENCE.as_secs())
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // By a signal, so that the database is shut down too.
        let _ = command::output(Command::new("kill").arg(self.process.id().to_string()));
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
