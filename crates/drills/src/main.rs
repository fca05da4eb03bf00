//! The drills as a program; and, so that a drill can kill them, the services that are drilled.

use std::{env, io::Read, path::PathBuf, time::Duration};

use anyhow::{Result, bail};
use clap::{Args, Parser, Subcommand};
use drills::{Drill, Lab, SUITE, Scale, print, random, soak};
use service::{logs::LogArgs, shutdown};

/// Drills the stack with faults and compares what came of it with the simulator's ground truth.
#[derive(Parser)]
#[command(name = "drills")]
struct Flags {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run the suite and print its table.
    Run(Run),
    /// Mix faults at random for a while.
    Random(Random),
    /// Run for long and report rates, lags and memory over time.
    Soak(soak::Options),
    /// The ingestor, to be drilled.
    #[command(hide = true)]
    Ingestor(Service<ingestor::Config>),
    /// The aggregator, to be drilled.
    #[command(hide = true)]
    Aggregator(Service<aggregator::Config>),
}

#[derive(Args)]
struct Run {
    /// Only drills whose name contains this.
    #[arg(long, default_value = "")]
    filter: String,

    /// At the size that tests run.
    #[arg(long)]
    core: bool,

    /// Of whatever a drill draws by lot.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Args)]
struct Random {
    /// For so long.
    #[arg(long, default_value_t = 300)]
    seconds: u64,

    /// Of the faults [default: another every time].
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Args)]
struct Service<C: Args> {
    #[command(flatten)]
    config: C,
    #[command(flatten)]
    logs: LogArgs,
}

#[tokio::main]
async fn main() -> Result<()> {
    match Flags::parse().task {
        Task::Run(options) => run(&options).await,
        Task::Random(options) => {
            let seed = options.seed.unwrap_or_else(rand::random);
            let lab = Lab::new(this_program()?, Scale::Full, seed);
            let row = random(&lab, Duration::from_secs(options.seconds)).await;
            report(&[row])
        }
        Task::Soak(options) => {
            let lab = Lab::new(this_program()?, Scale::Full, 1);
            soak::run(&lab, &options).await
        }
        Task::Ingestor(service) => {
            end_with_parent();
            service.logs.init();
            ingestor::run(service.config, shutdown::on_signal()?).await
        }
        Task::Aggregator(service) => {
            end_with_parent();
            service.logs.init();
            aggregator::run(service.config, shutdown::on_signal()?).await
        }
    }
}

async fn run(options: &Run) -> Result<()> {
    let scale = if options.core {
        Scale::Core
    } else {
        Scale::Full
    };
    let lab = Lab::new(this_program()?, scale, options.seed);
    let chosen: Vec<&Drill> = SUITE
        .iter()
        .filter(|drill| drill.name.contains(&options.filter))
        .collect();
    if chosen.is_empty() {
        let names: Vec<_> = SUITE.iter().map(|drill| drill.name).collect();
        bail!(
            "no drill's name contains `{}`; there are {}",
            options.filter,
            names.join(", ")
        );
    }
    let mut rows = Vec::new();
    for drill in chosen {
        eprintln!("{}: {}", drill.name, drill.what);
        rows.push(drill.run(&lab).await);
    }
    report(&rows)
}

fn report(rows: &[drills::Row]) -> Result<()> {
    print(rows);
    let failed = rows.iter().filter(|row| row.verdict.is_err()).count();
    if failed > 0 {
        bail!("{failed} of {} drills failed", rows.len());
    }
    Ok(())
}

fn this_program() -> Result<PathBuf> {
    Ok(env::current_exe()?)
}

/// Whoever started this holds the other end of its input: a drill that was killed leaves nothing behind.
fn end_with_parent() {
    std::thread::spawn(|| {
        let mut rest = Vec::new();
        let _ = std::io::stdin().read_to_end(&mut rest);
        std::process::exit(3);
    });
}
