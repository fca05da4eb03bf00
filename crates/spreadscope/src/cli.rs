//! Commands and settings.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use exchange_sim::Shift;

pub use crate::terminal::{
    AnalyzeArgs, BacktestArgs, DatabaseArgs, ExportArgs, ImportArgs, PairArgs, ScanArgs,
};

/// Live pair analytics of Binance USD-M perpetuals, in one process.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Arguments {
    /// What to run.
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would replace that of the flattened flags"
    )]
    pub logs: service::logs::LogArgs,
}

/// What to run.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// The stack on a simulated exchange; works offline.
    Demo(DemoArgs),
    /// The stack on live Binance data.
    Up(UpArgs),
    /// Hedge ratio, z-score and tests of a pair, from a database or from CSV files.
    Analyze(AnalyzeArgs),
    /// Every pair of many symbols tested for cointegration, of a database or of CSV files.
    Scan(ScanArgs),
    /// What trading a pair's z-score would have brought, from a database or from CSV files.
    Backtest(Box<BacktestArgs>),
    /// A CSV file of prices into a database, as a dataset.
    Import(ImportArgs),
    /// Bars of a symbol, or a dataset, out of a database as CSV.
    Export(ExportArgs),
}

/// Settings of both commands that run the stack.
#[derive(Clone, Args)]
pub struct CommonArgs {
    /// Directory for everything that is kept [default: a directory for each command in /var/lib/spreadscope for root,
    /// else in ~/.local/share/spreadscope].
    #[arg(long, env = "SPREADSCOPE_DATA_DIR")]
    pub data_dir: Option<PathBuf>,

    /// Address and port of the dashboard and the API.
    #[arg(long, env = "SPREADSCOPE_BIND", default_value = "127.0.0.1:8501")]
    pub bind: SocketAddr,

    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would replace that of the flattened flags"
    )]
    pub access: api::AccessArgs,

    /// Directory with the built dashboard [default: frontend/dist, if it is there].
    #[arg(long, env = "DASHBOARD_DIR")]
    pub dashboard_dir: Option<PathBuf>,

    /// An existing PostgreSQL database to use instead of a private cluster, as postgres://user:password@host/database.
    #[arg(long, env = "SPREADSCOPE_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// Directory with the PostgreSQL server's programs [default: the newest in /usr/lib/postgresql].
    #[arg(long, env = "PG_BIN_DIR")]
    pub pg_bin_dir: Option<PathBuf>,

    /// Plain PostgreSQL even where TimescaleDB is installed. For new data directories: data keeps the flavour that it was
    /// begun with.
    #[arg(long, env = "SPREADSCOPE_NO_TIMESCALEDB")]
    pub no_timescaledb: bool,

    /// Raw trades older than so many days before the newest are dropped; their bars stay. Default: all are kept.
    #[arg(long, env = "KEEP_TRADES_DAYS", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub keep_trades_days: Option<u32>,
}

/// The URL may hold a password.
impl std::fmt::Debug for CommonArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CommonArgs")
            .field("data_dir", &self.data_dir)
            .field("bind", &self.bind)
            .field("dashboard_dir", &self.dashboard_dir)
            .finish_non_exhaustive()
    }
}

/// Settings of `demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would replace that of the flattened flags"
    )]
    pub common: CommonArgs,

    /// Symbols that the simulated exchange trades, separated by commas [default: the simulator's, or with --replay all
    /// of the recording].
    #[arg(long, env = "SYMBOLS", value_delimiter = ',')]
    pub symbols: Vec<String>,

    /// Average trades a second and symbol.
    #[arg(long, env = "SIM_RATE", default_value_t = 5.0)]
    pub rate: f64,

    /// Seed of the simulated market.
    #[arg(long, env = "SIM_SEED", default_value_t = 1)]
    pub seed: u64,

    /// How many times faster than the clock on the wall the exchange's runs.
    #[arg(long, env = "SIM_TIME_WARP", default_value_t = 1.0)]
    pub warp: f64,

    /// Trades of this CSV file (plain or .gz) instead of the simulated market's.
    #[arg(long, env = "SIM_REPLAY", conflicts_with_all = ["rate", "seed", "warp"])]
    pub replay: Option<PathBuf>,

    /// How many times faster than recorded.
    #[arg(
        long,
        env = "SIM_REPLAY_SPEED",
        default_value_t = 1.0,
        requires = "replay"
    )]
    pub replay_speed: f64,

    /// By how much the recording is moved in time.
    #[arg(
        long,
        env = "SIM_REPLAY_SHIFT",
        value_enum,
        default_value_t,
        requires = "replay"
    )]
    pub shift: Shift,
}

/// Settings of `up`.
#[derive(Debug, Clone, Args)]
pub struct UpArgs {
    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would replace that of the flattened flags"
    )]
    pub common: CommonArgs,

    /// Symbols to follow, separated by commas.
    #[arg(
        long,
        env = "SYMBOLS",
        value_delimiter = ',',
        default_value = "BTCUSDT,ETHUSDT,SOLUSDT,BNBUSDT,XRPUSDT"
    )]
    pub symbols: Vec<String>,

    /// Stream endpoint of the exchange.
    #[arg(
        long,
        env = "EXCHANGE_WS_URL",
        default_value = "wss://fstream.binance.com"
    )]
    pub exchange_ws_url: String,

    /// REST endpoint of the exchange.
    #[arg(
        long,
        env = "EXCHANGE_REST_URL",
        default_value = "https://fapi.binance.com"
    )]
    pub exchange_rest_url: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_well_formed() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_bad_setting_is_named() {
        let error =
            Arguments::try_parse_from(["spreadscope", "demo", "--bind", "here"]).unwrap_err();
        assert!(error.to_string().contains("--bind"), "{error}");
        let error =
            Arguments::try_parse_from(["spreadscope", "demo", "--shift", "none"]).unwrap_err();
        assert!(error.to_string().contains("--replay"), "{error}");
    }
}
