//! Every test there is, on every database flavour the machine offers, with one summary at the end.
//!
//! A test that could not run is named there with its reason. Tests say so in one of two ways: libtest's
//! `#[ignore = "reason"]`, or a line `name: reason` in the file that `TEST_SKIPS` names.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::bail;
use clap::Args;

use crate::{command, frontend, launch, python, setup, workspace};

/// Packages whose tests use a database: those in their `tests` folder run once a flavour.
const ON_A_DATABASE: [&str; 7] = [
    "store",
    "testkit",
    "ingestor",
    "aggregator",
    "api",
    "spreadscope",
    "drills",
];

#[derive(Args, Default)]
pub struct Options {
    /// Leave out the browser tests.
    #[arg(long)]
    no_browser: bool,
}

pub fn run(options: &Options) -> anyhow::Result<()> {
    // All that can be missing is found out before anything runs.
    let bin_dir = setup::postgres()?;
    let browser = if options.no_browser {
        None
    } else {
        Some(Browser::set_up()?)
    };
    let skips = workspace::target_dir().join("test-skips");
    fs::create_dir_all(workspace::target_dir())?;
    fs::write(&skips, "")?;
    let mut report = Report::default();

    command::announce("tests, on plain PostgreSQL");
    let mut plain = command::cargo();
    plain
        .args(["test", "--no-fail-fast"])
        .env("TEST_FLAVOUR", "plain");
    report.libtest("plain PostgreSQL", &mut plain, &skips)?;

    if setup::offers_timescaledb(&bin_dir) {
        command::announce("tests that use a database, on TimescaleDB");
        let mut timescale = command::cargo();
        timescale
            .args(["test", "--no-fail-fast"])
            .env("TEST_FLAVOUR", "timescale");
        timescale.args(on_a_database()?);
        report.libtest("TimescaleDB", &mut timescale, &skips)?;
    } else {
        report.skip("TimescaleDB: all tests that use a database: this PostgreSQL does not offer the extension");
    }

    match browser {
        Some(browser) => browser.test(&mut report, &skips)?,
        None => report.skip("browser: all tests: --no-browser was given"),
    }
    report.take_skips(&skips)?;
    report.print();
    if report.failed() {
        bail!("tests failed");
    }
    Ok(())
}

/// The selection of what uses a database. By target and not by package, and with this crate, as anything less would
/// choose other features of the dependencies and build them all once more. Of unit tests there is no telling which do;
/// they take no time.
fn on_a_database() -> anyhow::Result<Vec<String>> {
    let mut cargo = command::cargo();
    cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: serde_json::Value = serde_json::from_str(&command::output(&mut cargo)?)?;
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let is_here = |package: &serde_json::Value| {
        let name = package["name"].as_str();
        name.is_some_and(|name| ON_A_DATABASE.contains(&name))
    };
    // What needs a feature is for those who ask for it.
    let is_test = |target: &serde_json::Value| {
        list(&target["kind"]).contains(&"test".into()) && target.get("required-features").is_none()
    };
    let mut selection = ["--lib", "--bin", "xtask"].map(str::to_owned).to_vec();
    for package in list(&metadata["packages"])
        .iter()
        .filter(|package| is_here(package))
    {
        for target in list(&package["targets"])
            .iter()
            .filter(|target| is_test(target))
        {
            let name = target["name"].as_str().unwrap_or_default();
            selection.extend(["--test".to_owned(), name.to_owned()]);
        }
    }
    Ok(selection)
}

/// The real stack in a real browser.
struct Browser {
    chromium: PathBuf,
    dashboard: PathBuf,
    /// A Python with statsmodels; what compares with it says by name that it did not run without one.
    python: Option<PathBuf>,
}

impl Browser {
    fn set_up() -> anyhow::Result<Self> {
        let chromium = setup::chromium()?;
        let dashboard = setup::dashboard()?;
        frontend::install_npm_packages("e2e")?;
        let requirements = workspace::root().join("crates/analytics/reference/requirements.txt");
        let python = python::with(&requirements);
        if let Err(error) = &python {
            eprintln!("no statsmodels to compare the page's figures with: {error:#}");
        }
        Ok(Self {
            chromium,
            dashboard,
            python: python.ok(),
        })
    }

    fn test(&self, report: &mut Report, skips: &Path) -> anyhow::Result<()> {
        let launcher = launch::debug_launcher()?;
        command::announce("tests in the browser");
        let mut node = command::program("npm");
        node.args(["test", "--silent", "--prefix", "e2e"])
            .env("CHROMIUM", &self.chromium)
            .env("DASHBOARD_DIR", &self.dashboard)
            .env("SPREADSCOPE_BIN", launcher)
            .env("TEST_SKIPS", skips);
        if let Some(python) = &self.python {
            node.env("PYTHON_STATSMODELS", python);
        }
        report.node("browser", &mut node)
    }
}

/// What ran, what failed, what did not run.
#[derive(Default)]
struct Report {
    stages: Vec<Stage>,
    skips: Vec<String>,
}

struct Stage {
    name: &'static str,
    succeeded: bool,
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Report {
    /// Runs `cargo test` and adds up its closing lines.
    fn libtest(
        &mut self,
        name: &'static str,
        cargo: &mut Command,
        skips: &Path,
    ) -> anyhow::Result<()> {
        let mut stage = Stage {
            name,
            succeeded: false,
            passed: 0,
            failed: 0,
            ignored: 0,
        };
        let mut ignored = Vec::new();
        cargo.env("TEST_SKIPS", skips);
        stage.succeeded = command::run_reading(cargo, |line| {
            if let Some(counts) = line.strip_prefix("test result: ") {
                stage.passed += count_before(counts, " passed");
                stage.failed += count_before(counts, " failed");
                stage.ignored += count_before(counts, " ignored");
            } else if let Some((test, reason)) = line
                .strip_prefix("test ")
                .and_then(|rest| rest.split_once(" ... ignored"))
            {
                ignored.push(format!("{name}: {test}{}", reason.replacen(", ", ": ", 1)));
            }
        })?;
        self.stages.push(stage);
        self.skips.append(&mut ignored);
        Ok(())
    }

    /// Runs node's test runner and reads the counts it closes with.
    fn node(&mut self, name: &'static str, node: &mut Command) -> anyhow::Result<()> {
        let mut stage = Stage {
            name,
            succeeded: false,
            passed: 0,
            failed: 0,
            ignored: 0,
        };
        stage.succeeded = command::run_reading(node, |line| {
            let count = |key: &str| {
                line.trim_start_matches(['#', 'ℹ', ' '])
                    .strip_prefix(key)?
                    .trim()
                    .parse()
                    .ok()
            };
            stage.passed = count("pass ").unwrap_or(stage.passed);
            stage.failed = count("fail ").unwrap_or(stage.failed);
            stage.ignored = count("skipped ").unwrap_or(stage.ignored);
        })?;
        self.stages.push(stage);
        Ok(())
    }

    fn skip(&mut self, what_and_why: &str) {
        self.skips.push(what_and_why.to_owned());
    }

    fn take_skips(&mut self, file: &Path) -> anyhow::Result<()> {
        self.skips
            .extend(fs::read_to_string(file)?.lines().map(ToOwned::to_owned));
        Ok(())
    }

    fn failed(&self) -> bool {
        self.stages
            .iter()
            .any(|stage| !stage.succeeded || stage.failed > 0)
    }

    fn print(&self) {
        println!();
        for stage in &self.stages {
            let verdict = if stage.succeeded { "ok" } else { "FAILED" };
            println!(
                "{:<18} {:>5} passed {:>3} failed {:>3} not run   {verdict}",
                stage.name, stage.passed, stage.failed, stage.ignored
            );
        }
        for skip in &self.skips {
            println!("not run  {skip}");
        }
        let sum = |count: fn(&Stage) -> u64| self.stages.iter().map(count).sum::<u64>();
        println!(
            "\n{} passed, {} failed, {} skipped",
            sum(|stage| stage.passed),
            sum(|stage| stage.failed),
            self.skips.len()
        );
    }
}

/// The number that stands before `word` in a closing line such as `ok. 3 passed; 0 failed; …`.
fn count_before(line: &str, word: &str) -> u64 {
    line.find(word)
        .and_then(|end| line[..end].rsplit(' ').next())
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_of_a_closing_line_are_read() {
        let line = "FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out";
        assert_eq!(count_before(line, " passed"), 12);
        assert_eq!(count_before(line, " failed"), 3);
        assert_eq!(count_before(line, " ignored"), 1);
    }
}
