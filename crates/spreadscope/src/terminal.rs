//! Commands that answer and end, for people who live in a terminal.
//!
//! Their parameters are those of the API's calls, as `--lookback 300`, and with `--json` their answers are those of
//! the API, from a database or directly from CSV files. Progress goes to standard error, so that standard output can be
//! piped.
//!
//! | module | what |
//! | --- | --- |
//! | `pair` | the parameters of a pair, and where its bars are |
//! | `files` | series of CSV files |
//! | `database` | the calls of the API on a database |
//! | `analyze`, `scan`, `backtest`, `import`, `export` | a command each |
//! | `table` | how figures are laid out |
//! | `progress` | bars of the other kind |

mod analyze;
mod backtest;
mod database;
mod export;
mod files;
mod import;
mod pair;
mod progress;
mod scan;
mod table;

pub use analyze::AnalyzeArgs;
pub use backtest::BacktestArgs;
pub use database::DatabaseArgs;
pub use export::ExportArgs;
pub use import::ImportArgs;
pub use pair::PairArgs;
pub use scan::ScanArgs;

pub(crate) use analyze::run as analyze;
pub(crate) use backtest::run as backtest;
pub(crate) use export::run as export;
pub(crate) use import::run as import;
pub(crate) use scan::run as scan;

use std::io::Write;

use anyhow::Context;
use serde::Serialize;

/// Writes to standard output. Who has read enough of it closes it, which is no failure.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{}", text.trim_end_matches('\n')) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write to standard output"),
    }
}

pub(crate) fn print_json(answer: &impl Serialize) -> anyhow::Result<()> {
    print(&serde_json::to_string_pretty(answer)?)
}
