//! The simulated exchange as a program of its own.

use clap::Parser;
use exchange_sim::{Sim, SimConfig};
use service::{logs::LogArgs, shutdown};

/// A simulated Binance USD-M exchange with faults on demand.
#[derive(Debug, Parser)]
#[command(name = "exchange-sim", version)]
struct Args {
    #[command(flatten)]
    config: SimConfig,
    #[command(flatten)]
    logs: LogArgs,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    args.logs.init();
    let shutdown = shutdown::on_signal()?;
    Ok(Sim::bind(args.config).await?.run(shutdown).await?)
}
