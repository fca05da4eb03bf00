//! The ingestor as a process of its own.

use clap::Parser;

/// Takes every trade of the exchange into the database.
#[derive(Parser)]
#[command(name = "ingestor", version)]
struct Flags {
    #[command(flatten)]
    config: ingestor::Config,
    #[command(flatten)]
    logs: service::logs::LogArgs,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    flags.logs.init();
    ingestor::run(flags.config, service::shutdown::on_signal()?).await
}
