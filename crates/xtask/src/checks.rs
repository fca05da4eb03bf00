//! Formatting, lints and documentation: what CI asks for before any test runs.

use crate::{command, container_lints, setup};

pub fn run() -> anyhow::Result<()> {
    command::announce("formatting");
    command::run(command::cargo().args(["fmt", "--all", "--check"]))?;
    container_lints::run()?;
    // The frontend's lints need nothing but its sources; the stylesheet and Plotly come with its build.
    setup::postgres()?;
    command::announce("lints");
    let deny_warnings = ["--", "--deny", "warnings"];
    command::run(
        command::cargo()
            .args(["clippy", "--workspace", "--all-targets"])
            .args(deny_warnings),
    )?;
    command::announce("documentation");
    command::run(
        command::cargo()
            .args(["doc", "--no-deps", "--quiet"])
            .env("RUSTDOCFLAGS", "--deny warnings"),
    )
}
