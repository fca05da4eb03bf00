//! One tracing set-up for all services.

use std::{
    backtrace::Backtrace,
    io::{self, IsTerminal},
    panic,
};

use clap::{Args, ValueEnum};
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// Log settings, to be flattened into a service's own.
#[derive(Debug, Clone, Args)]
pub struct LogArgs {
    /// Which events are logged: a level, or `target=level` pairs separated by commas.
    #[arg(long, env = "LOG_LEVEL", default_value = "info", global = true)]
    pub log_level: EnvFilter,

    /// How log lines look.
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t, global = true)]
    pub log_format: LogFormat,
}

impl LogArgs {
    /// Sends the process's events to standard error, panics among them. To be called once, first thing in `main`.
    pub fn init(self) {
        let registry = tracing_subscriber::registry().with(self.log_level);
        match self.log_format {
            LogFormat::Text => {
                // Colours are for people before a terminal: what a container engine or a file keeps has none.
                registry
                    .with(
                        fmt::layer()
                            .with_writer(io::stderr)
                            .with_ansi(io::stderr().is_terminal())
                            .with_target(false),
                    )
                    .init();
            }
            LogFormat::Json => {
                registry
                    .with(fmt::layer().json().with_writer(io::stderr))
                    .init();
                // Collectors expect one object a line; a panic would be several lines that are none.
                panic::set_hook(Box::new(|panic| {
                    let backtrace = Backtrace::capture();
                    tracing::error!(event = "panic", %panic, %backtrace);
                }));
            }
        }
    }
}
