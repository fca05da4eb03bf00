//! Running other programs: announced, in the project's root, and with errors that name them.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    thread,
};

use anyhow::{Context, bail};

use crate::workspace;

/// Says what comes next; long steps show their own progress below it.
pub fn announce(step: &str) {
    eprintln!("\x1b[1m==> {step}\x1b[0m");
}

/// A program to be run in the project's root.
pub fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(workspace::root());
    command
}

/// The cargo that runs this task.
pub fn cargo() -> Command {
    let mut command = program(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    // Set by the outer `cargo run` for this package alone; inherited, they would be taken for settings of whatever is
    // built next: build scripts that read them would run again, and all that depends on them be built once more, at
    // every change between these tasks and plain cargo.
    let is_of_this =
        |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars().filter(|(name, _)| is_of_this(name)) {
        command.env_remove(name);
    }
    command
}

/// Whether a program of that name is on the PATH.
pub fn exists(name: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

/// Runs to its end.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", line(command)))?;
    if !status.success() {
        bail!("failed ({status}): {}", line(command));
    }
    Ok(())
}

/// Runs to its end without showing what it prints, which is returned.
pub fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", line(command)))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("failed ({}): {}\n{errors}", output.status, line(command));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs to its end, showing what it prints while also handing each line of standard output to
/// `on_line`. Returns whether it succeeded.
pub fn run_reading(
    command: &mut Command,
    mut on_line: impl FnMut(&str) + Send,
) -> anyhow::Result<bool> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", line(command)))?;
    let stdout = child.stdout.take().expect("standard output was asked for");
    thread::scope(|scope| {
        scope.spawn(|| {
            for text in BufReader::new(stdout).lines().map_while(Result::ok) {
                println!("{text}");
                on_line(&text);
            }
        });
    });
    Ok(child.wait()?.success())
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}
