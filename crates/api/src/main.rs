//! The API server as a process of its own.

use clap::Parser;
use service::{logs::LogArgs, shutdown};

/// Serves the JSON API, the event streams and the dashboard.
#[derive(Debug, Parser)]
#[command(name = "api", version)]
struct Args {
    #[command(flatten)]
    config: api::Config,
    #[command(flatten)]
    logs: LogArgs,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    args.logs.init();
    api::run(args.config, shutdown::on_signal()?).await
}
