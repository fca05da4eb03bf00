//! Tests that cannot run here.

use std::{fs::OpenOptions, io::Write};

/// Says that a test did not run, and why, so that nobody takes its silence for a pass: straight to standard
/// error, as a passing test has its output swallowed, and to the file that `TEST_SKIPS` names, from which
/// `cargo xtask test` closes its report.
///
/// # Panics
/// When neither can be written to.
pub fn say_skipped(test: &str, reason: &str) {
    writeln!(std::io::stderr(), "not run: {test}: {reason}").expect("standard error is open");
    if let Some(path) = std::env::var_os("TEST_SKIPS") {
        let file = OpenOptions::new().append(true).create(true).open(path);
        writeln!(file.expect("TEST_SKIPS is writable"), "{test}: {reason}")
            .expect("a line is written");
    }
}
