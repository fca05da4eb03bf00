//! `cargo xtask`: build, run, test and check the project, on a machine that has only Rust and Node.

use clap::{Parser, Subcommand};

mod bench;
mod checks;
mod command;
mod compose_test;
mod container_lints;
mod contract;
mod drills;
mod frontend;
mod launch;
mod packages;
mod python;
mod setup;
mod test;
mod workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, run, test and check Spreadscope")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run everything on the simulated exchange; works offline. Dashboard on http://localhost:8501.
    #[command(disable_help_flag = true)]
    Demo(launch::Options),
    /// Run everything on live Binance USD-M Futures. Dashboard on http://localhost:8501.
    #[command(disable_help_flag = true)]
    Up(launch::Options),
    /// Run every test there is, on every database flavour the machine offers.
    Test(test::Options),
    /// Run the whole stack in containers, kill its services, and compare it with what was traded.
    ComposeTest(compose_test::Options),
    /// Hold the API against its document with requests that Schemathesis generates.
    Contract(contract::Options),
    /// Reliability drills: faults of all kinds, judged by the exchange's ground truth, with one table.
    Drills(drills::Options),
    /// Run for half an hour and report rates, lags and memory over time.
    #[command(disable_help_flag = true)]
    Soak(drills::SoakOptions),
    /// What CI runs: formatting, lints, documentation, then `test` and `contract`.
    Ci,
    /// Build the dashboard into frontend/dist.
    Frontend(frontend::Arguments),
    /// Measure what has a budget and print figure, budget and verdict.
    Bench(bench::Options),
    /// Install what the other tasks need: PostgreSQL, the WebAssembly target, npm packages, Chromium.
    Setup,
}

fn main() -> anyhow::Result<()> {
    match Args::parse().task {
        Task::Demo(options) => launch::run("demo", &options),
        Task::Up(options) => launch::run("up", &options),
        Task::Test(options) => test::run(&options),
        Task::Ci => {
            checks::run()?;
            test::run(&test::Options::default())?;
            contract::run(&contract::Options::default())
        }
        Task::ComposeTest(options) => compose_test::run(&options),
        Task::Contract(options) => contract::run(&options),
        Task::Drills(options) => drills::run(&options),
        Task::Soak(options) => drills::soak(&options),
        Task::Frontend(arguments) if arguments.dependencies => setup::dashboard_dependencies(),
        Task::Frontend(_) => setup::dashboard().map(drop),
        Task::Bench(options) => bench::run(&options),
        Task::Setup => setup::all(),
    }
}
