//! The aggregator as a process of its own.

use clap::Parser;

/// Owner of the schema: migrates it, refreshes the roll-ups, drops and compresses old trades.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    config: aggregator::Config,
    #[command(flatten)]
    logs: service::logs::LogArgs,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    arguments.logs.init();
    aggregator::run(arguments.config, service::shutdown::on_signal()?).await
}
