//! `demo` and `up`: build what changed, then become the launcher.

use std::os::unix::process::CommandExt;

use anyhow::Context;
use clap::Args;

use crate::{command, setup, workspace};

#[derive(Args)]
pub struct Options {
    /// Everything after the task's name is the launcher's; `--help` lists what it takes.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    launcher: Vec<String>,
}

pub fn run(mode: &str, options: Options) -> anyhow::Result<()> {
    setup::postgres()?;
    let dashboard = setup::dashboard()?;
    command::run(command::cargo().args(["build", "--release", "--package", "spreadscope"]))?;
    let launcher = workspace::target_dir().join("release/spreadscope");
    // Replaces this process, so that signals reach the launcher itself.
    let error = command::program(&launcher.to_string_lossy())
        .arg(mode)
        .arg("--dashboard-dir")
        .arg(dashboard)
        .args(options.launcher)
        .exec();
    Err(error).with_context(|| format!("cannot start {}", launcher.display()))
}
