//! What has a budget, measured; every figure, budget and verdict once more at the end.
//!
//! A benchmark says its verdict in lines that begin with `budget`, and that it was missed by the word
//! `fails` in such a line.

use std::{fs, process::Command};

use anyhow::{Context, bail};
use clap::Args;

use crate::{command, packages, python, setup, workspace};

#[derive(Args)]
pub struct Options {
    /// Only the benchmarks whose name contains this: parse, write, ingest, refresh, storage,
    /// analytics, radar, api, watchlist, stream.
    filter: Option<String>,
}

/// A benchmark: it adds what it found to the verdicts.
type Benchmark = fn(&mut Verdicts) -> anyhow::Result<()>;

/// By name, in the order in which they run.
const BENCHMARKS: [(&str, Benchmark); 10] = [
    ("parse", parse),
    ("write", write),
    ("ingest", ingest),
    ("refresh", refresh),
    ("storage", storage),
    ("analytics", analytics),
    ("radar", radar),
    ("api", api),
    ("watchlist", watchlist),
    ("stream", stream),
];

/// Frames a second on one core.
const PARSE_BUDGET: f64 = 1.5e6;

pub fn run(options: &Options) -> anyhow::Result<()> {
    let filter = options.filter.as_deref().unwrap_or_default();
    let chosen: Vec<_> = BENCHMARKS
        .iter()
        .filter(|(name, _)| name.contains(filter))
        .collect();
    if chosen.is_empty() {
        let names = BENCHMARKS.map(|(name, _)| name).join(", ");
        bail!("no benchmark's name contains `{filter}`; there are {names}");
    }
    let mut verdicts = Verdicts::default();
    for (name, measure) in chosen {
        command::announce(&format!("benchmark: {name}"));
        // The others' figures are worth having all the same.
        if let Err(error) = measure(&mut verdicts) {
            verdicts.0.push(format!("{name:<22}fails: {error:#}"));
        }
    }
    println!("\n{}", verdicts.0.join("\n"));
    if verdicts.0.iter().any(|line| line.contains("fails")) {
        bail!("a budget was missed");
    }
    Ok(())
}

/// The lines that say what was reached.
#[derive(Default)]
struct Verdicts(Vec<String>);

impl Verdicts {
    /// Runs a benchmark and keeps its verdicts, under its name.
    fn of(&mut self, name: &str, benchmark: &mut Command) -> anyhow::Result<()> {
        let lines = &mut self.0;
        let succeeded = command::run_reading(benchmark, |line| {
            if let Some(verdict) = line.strip_prefix("budget") {
                lines.push(format!(
                    "{name:<22}{}",
                    verdict.trim_start_matches([':', ' '])
                ));
            }
        })?;
        if !succeeded {
            lines.push(format!("{name:<22}fails: see above"));
        }
        Ok(())
    }
}

/// Not by its package: with the features of the whole workspace nothing is built twice.
fn cargo_bench(bench: &str) -> Command {
    let mut cargo = command::cargo();
    cargo.args(["bench", "--bench", bench]);
    cargo
}

/// Wire frame to typed trade, on one core.
fn parse(verdicts: &mut Verdicts) -> anyhow::Result<()> {
    command::run(&mut cargo_bench("frames"))?;
    let estimates = workspace::target_dir().join("criterion/decode/aggTrade frames/new");
    let read = |file: &str| -> anyhow::Result<serde_json::Value> {
        let path = estimates.join(file);
        let text = fs::read(&path).with_context(|| path.display().to_string())?;
        Ok(serde_json::from_slice(&text)?)
    };
    let median_ns = read("estimates.json")?["median"]["point_estimate"].as_f64();
    let frames = read("benchmark.json")?["throughput"]["Elements"].as_f64();
    let per_second = frames.zip(median_ns).map(|(frames, ns)| frames * 1e9 / ns);
    let per_second = per_second.context("criterion's estimates hold no median")?;
    let verdict = if per_second >= PARSE_BUDGET {
        "holds"
    } else {
        "fails"
    };
    verdicts.0.push(format!(
        "{:<22}{:.2} M frames/s a core, budget ≥ {:.1} M: {verdict}",
        "parse",
        per_second / 1e6,
        PARSE_BUDGET / 1e6
    ));
    Ok(())
}

/// The write path beside a plain COPY into the same table.
fn write(verdicts: &mut Verdicts) -> anyhow::Result<()> {
    on_each_flavour(verdicts, "write", "write_rate")
}

/// The whole way of a trade, from the exchange's frame to a committed row, beside the common way in Python.
fn ingest(verdicts: &mut Verdicts) -> anyhow::Result<()> {
    setup::postgres()?;
    let requirements = workspace::root().join("crates/drills/reference/requirements.txt");
    let mut bench = cargo_bench("ingest");
    verdicts.of("ingest", bench.env("PYTHON", python::with(&requirements)?))
}

/// A refresh cycle with a second of new data, by how much is stored.
fn refresh(verdicts: &mut Verdicts) -> anyhow::Result<()> {
    on_each_flavour(verdicts, "refresh", "refresh_cost")
}

/// Disk, and what columnar storage changes: no budget, but the figures behind the settings.
fn storage(verdicts: &mut Verdicts) -> anyhow::Result<()> {
    on_each_flavour(verdicts, "storage", "storage")
}

fn on_each_flavour(verdicts: &mut Verdicts, name: &str, bench: &str) -> anyhow::Result<()> {
    let bin_dir = setup::postgres()?;
    let mut flavours = vec!["plain"];
    if setup::offers_timescaledb(&bin_dir) {
        flavours.push("timescale");
    }
    for flavour in flavours {
        let mut bench = cargo_bench(bench);
        verdicts.of(
            &format!("{name}, {flavour}"),
            bench.env("TEST_FLAVOUR", flavour),
        )?;
    }
    Ok(())
}

/// The analytics beside statsmodels, scikit-learn, scipy and pykalman.
fn analytics(verdicts: &mut Verdicts) -> anyhow::Result<()> {
    let folder = workspace::root().join("crates/analytics/reference");
    let mut compare =
        command::program(&python::with(&folder.join("requirements.txt"))?.to_string_lossy());
    compare
        .arg(folder.join("compare.py"))
        .env("OPENBLAS_NUM_THREADS", "1");
    verdicts.of("analytics", &mut compare)
}

/// Processor time and memory of following every pair of 200 symbols.
fn radar(verdicts: &mut Verdicts) -> anyhow::Result<()> {
    verdicts.of("radar", &mut cargo_bench("radar"))
}

/// Pair analytics over HTTP, beside FastAPI with pandas and statsmodels; load from wrk.
fn api(verdicts: &mut Verdicts) -> anyhow::Result<()> {
    if !command::exists("wrk") {
        packages::install(&["wrk"], "the load comes from wrk")?;
    }
    setup::postgres()?;
    let requirements = workspace::root().join("crates/api/reference/requirements.txt");
    let mut bench = cargo_bench("analytics");
    verdicts.of("api", bench.env("PYTHON", python::with(&requirements)?))
}

/// Processor time of a server that follows a watchlist.
fn watchlist(verdicts: &mut Verdicts) -> anyhow::Result<()> {
    setup::postgres()?;
    verdicts.of("watchlist", &mut cargo_bench("watchlist"))
}

/// From the exchange to clients of the event stream, one and a thousand of them.
fn stream(verdicts: &mut Verdicts) -> anyhow::Result<()> {
    setup::postgres()?;
    verdicts.of("stream", &mut cargo_bench("stream"))
}
