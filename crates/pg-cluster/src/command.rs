//! Commands of PostgreSQL: run as the server account, with an environment of our own.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    account::Account,
    error::{During, Error, Result},
};

/// A command that sees none of the caller's `PG…` variables and no locale that translates messages.
pub(crate) fn postgres_command(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    command
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        // The caller's working directory may be closed to the server account.
        .current_dir("/")
        .stdin(Stdio::null());
    command
}

/// Runs to the end as `account`.
pub(crate) fn run_as(account: &Account, name: &'static str, mut command: Command) -> Result<()> {
    account.apply(&mut command);
    run(name, command)
}

/// Runs to the end as the caller.
pub(crate) fn run(name: &'static str, mut command: Command) -> Result<()> {
    let output = command.output().during(|| format!("run {name}"))?;
    if output.status.success() {
        return Ok(());
    }
    let mut text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if text.is_empty() {
        text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    }
    Err(Error::Program {
        program: name,
        status: output.status,
        output: text,
    })
}
