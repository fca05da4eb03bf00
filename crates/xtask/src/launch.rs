//! `demo` and `up`: build what changed, then become the launcher.

use std::{os::unix::process::CommandExt, path::PathBuf, process::Command};

use anyhow::Context;
use clap::Args;

use crate::{command, setup, workspace};

#[derive(Args)]
pub struct Options {
    /// Everything after the task's name is the launcher's; `--help` lists what it takes.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    launcher: Vec<String>,
}

pub fn run(mode: &str, options: &Options) -> anyhow::Result<()> {
    let given = |flags: &[&str]| {
        options
            .launcher
            .iter()
            .any(|word| flags.contains(&word.as_str()))
    };
    let mut arguments = vec![mode.into()];
    // Whoever only asks for help does not wait for the dashboard.
    if !given(&["--help", "-h"]) {
        setup::postgres()?;
        if !given(&["--dashboard-dir"]) {
            arguments.extend([
                "--dashboard-dir".into(),
                setup::dashboard()?.into_os_string(),
            ]);
        }
    }
    command::run(command::cargo().args(["build", "--release", "--package", "spreadscope"]))?;
    let launcher = workspace::target_dir().join("release/spreadscope");
    // Replaces this process, so that signals reach the launcher itself. It stays in the user's folder,
    // where relative paths on the command line are meant.
    let error = Command::new(&launcher)
        .args(arguments)
        .args(&options.launcher)
        .exec();
    Err(error).with_context(|| format!("cannot start {}", launcher.display()))
}

/// The launcher as the tests build it, for those that run it as a program. To build its package alone would choose
/// other features of the dependencies and compile them all once more; with all libraries and the binary of this crate
/// the selection has the features of the whole workspace.
pub fn debug_launcher() -> anyhow::Result<PathBuf> {
    let mut as_tests_do = command::cargo();
    as_tests_do.args([
        "test", "--no-run", "--lib", "--bin", "xtask", "--test", "launcher",
    ]);
    command::run(&mut as_tests_do)?;
    Ok(workspace::target_dir().join("debug/spreadscope"))
}
