//! What has a budget, measured.

use clap::Args;

#[derive(Args)]
pub struct Options {
    /// Only the rows whose name contains this.
    filter: Option<String>,
}

pub fn run(_options: &Options) -> anyhow::Result<()> {
    anyhow::bail!("not wired yet")
}
