//! The whole stack in one process, on a database cluster of its own; and commands for people who live in a terminal.
//!
//! `demo` runs it on the simulated exchange, `up` on Binance. Either way the launcher takes a data directory for itself,
//! starts a private PostgreSQL cluster in it (or uses the server that `--database-url` names), runs every service as a
//! task of this process through the same functions as the service's own program, and prints the address of the dashboard.
//!
//! Stopping is a protocol: at the first signal the services are told and get [`stop::SERVICES_PATIENCE`] to write what
//! they hold, then the database is shut down; a second signal skips what is left of it. A killed launcher leaves its
//! database server running, and the next start adopts it.
//!
//! | module | what |
//! | --- | --- |
//! | [`cli`] | commands and settings |
//! | `place` | the data directory: where, whose, and for which kind of data |
//! | `world` | one database for each simulated world, so that their trades never mix |
//! | `port` | is the dashboard's address free? |
//! | `database` | the private cluster, or the server that was named |
//! | `running` | where a stack that runs keeps its database |
//! | `feed` | the exchange and the ingestor's settings for it |
//! | `tasks` | the services: started, watched, stopped |
//! | [`stop`] | signals |
//! | `launch` | all of it in order |
//! | `terminal` | commands that answer and end: analyze, scan, backtest, import, export |

pub mod cli;
mod database;
mod feed;
mod launch;
mod place;
mod port;
mod running;
pub mod stop;
mod tasks;
mod terminal;
mod world;

use std::process::ExitCode;

pub use cli::Arguments;
use cli::Command;
use launch::Stack;

/// Runs a command: a stack until a signal stops it, or until there is an answer.
///
/// # Errors
/// A sentence for the terminal: which setting is bad, or what failed.
pub async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Demo(arguments) => return launch::run(Stack::Demo(arguments)).await,
        Command::Up(arguments) => return launch::run(Stack::Up(arguments)).await,
        Command::Analyze(arguments) => terminal::analyze(&arguments).await?,
        Command::Scan(arguments) => terminal::scan(&arguments).await?,
        Command::Backtest(arguments) => terminal::backtest(&arguments).await?,
        Command::Import(arguments) => terminal::import(&arguments).await?,
        Command::Export(arguments) => terminal::export(&arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}
