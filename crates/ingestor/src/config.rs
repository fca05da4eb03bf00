//! Settings: flags and environment.

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;
use market::{FeedMode, Symbol, Venue};
use store::DatabaseUrls;

/// Settings of the ingestor. In code: `Config { symbols, ..Config::default() }`.
#[derive(Clone, PartialEq, Eq, Args)]
pub struct Config {
    /// PostgreSQL to write to.
    #[arg(long, env = "DATABASE_URL", default_value = DATABASE_URL, hide_env_values = true)]
    pub database_url: String,

    /// File that holds the password for DATABASE_URL.
    #[arg(long, env = "DATABASE_PASSWORD_FILE")]
    pub database_password_file: Option<PathBuf>,

    /// PostgreSQL to read from [default: DATABASE_URL].
    #[arg(long, env = "DATABASE_READ_URL", hide_env_values = true)]
    pub database_read_url: Option<String>,

    /// File that holds the password for DATABASE_READ_URL.
    #[arg(long, env = "DATABASE_READ_PASSWORD_FILE")]
    pub database_read_password_file: Option<PathBuf>,

    /// Base of the exchange's streams; the routed path is appended.
    #[arg(long, env = "EXCHANGE_WS_URL", default_value = WS_URL)]
    pub exchange_ws_url: String,

    /// Base of the exchange's REST calls.
    #[arg(long, env = "EXCHANGE_REST_URL", default_value = REST_URL)]
    pub exchange_rest_url: String,

    /// live, simulated or replay [default: live if both exchange URLs lead to binance.com, else
    /// simulated].
    #[arg(long, env = "FEED_MODE")]
    pub feed_mode: Option<FeedMode>,

    /// Symbols to follow, separated by commas.
    #[arg(long, env = "SYMBOLS", value_delimiter = ',', default_values = SYMBOLS)]
    pub symbols: Vec<Symbol>,

    /// File with the symbols to follow, which counts instead of SYMBOLS while it is there. It is looked
    /// at every second, so changing it changes what is followed.
    #[arg(long, env = "SYMBOLS_FILE")]
    pub symbols_file: Option<PathBuf>,

    /// Address of metrics and health; none is served if this is `None`.
    #[arg(long, env = "OPS_BIND", default_value = OPS_BIND)]
    pub ops_bind: Option<SocketAddr>,

    /// Longest time that a trade waits for others before it is handed on, in milliseconds.
    #[arg(long, env = "INGESTOR_BATCH_INTERVAL_MS", default_value_t = 50)]
    pub batch_interval_ms: u64,

    /// Most trades that are handed on together.
    #[arg(long, env = "INGESTOR_BATCH_MAX_TRADES", default_value_t = 2_000,
        value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub batch_max_trades: u32,

    /// Batches that may wait for the database. When so many wait, the sockets are not read: memory
    /// stays bounded, and the exchange is told by its own flow control.
    #[arg(long, env = "INGESTOR_QUEUE_BATCHES", default_value_t = 64,
        value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub queue_batches: u32,

    /// Folder for trades that the database does not take, each venue in a file of its own; of this
    /// ingestor alone. Without it, they wait in memory, and then in the exchange, for as long as it
    /// has patience.
    #[arg(long, env = "INGESTOR_SPOOL_DIR")]
    pub spool_dir: Option<PathBuf>,

    /// Most bytes of such trades. Beyond that they are dropped, and fetched by REST later.
    #[arg(long, env = "INGESTOR_SPOOL_MAX_BYTES", default_value_t = SPOOL_MAX_BYTES)]
    pub spool_max_bytes: u64,

    /// Streams on one connection; more symbols make more connections.
    #[arg(long, env = "INGESTOR_STREAMS_PER_CONNECTION", default_value_t = 200,
        value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub streams_per_connection: u32,

    /// A symbol without a trade for this long is subscribed again, in milliseconds.
    #[arg(long, env = "INGESTOR_SYMBOL_SILENCE_MS", default_value_t = 60_000,
        value_parser = clap::value_parser!(u64).range(1..))]
    pub symbol_silence_ms: u64,

    /// A connection on which nothing arrives for this long, not even the answer to a ping, is
    /// made anew, in milliseconds.
    #[arg(long, env = "INGESTOR_CONNECTION_SILENCE_MS", default_value_t = 30_000,
        value_parser = clap::value_parser!(u64).range(1..))]
    pub connection_silence_ms: u64,

    /// A connection of this age is made anew before the exchange ends it (24 h), in milliseconds.
    #[arg(long, env = "INGESTOR_CONNECTION_MAX_AGE_MS", default_value_t = 23 * 3_600_000 + 1_800_000,
        value_parser = clap::value_parser!(u64).range(1..))]
    pub connection_max_age_ms: u64,

    /// First wait before a connection is made anew, in milliseconds; doubles up to 30 s.
    #[arg(long, env = "INGESTOR_RECONNECT_FIRST_MS", default_value_t = 250)]
    pub reconnect_first_ms: u64,

    /// How long to wait before asking again an exchange that does not serve this place, in
    /// milliseconds.
    #[arg(long, env = "INGESTOR_RESTRICTED_RETRY_MS", default_value_t = 300_000)]
    pub restricted_retry_ms: u64,

    /// Days of one-minute klines to fetch.
    #[arg(long, env = "BACKFILL_1M_DAYS", default_value_t = 7)]
    pub backfill_1m_days: u32,

    /// Days of one-hour klines to fetch.
    #[arg(long, env = "BACKFILL_1H_DAYS", default_value_t = 180)]
    pub backfill_1h_days: u32,

    /// Days of one-day klines to fetch.
    #[arg(long, env = "BACKFILL_1D_DAYS", default_value_t = 3 * 365)]
    pub backfill_1d_days: u32,

    /// Gaps of more trades than this are recorded, and not repaired; 0 repairs none.
    #[arg(long, env = "GAP_REPAIR_MAX", default_value_t = GAP_REPAIR_MAX)]
    pub gap_repair_max: u32,

    /// How long a stop may take, in milliseconds. A database that hangs is waited for until a fifth of it is left, for
    /// what goes to the disk instead.
    #[arg(long, env = "INGESTOR_STOP_TIMEOUT_MS", default_value_t = 5_000)]
    pub stop_timeout_ms: u64,
}

const DATABASE_URL: &str = "postgres://spreadscope@localhost/spreadscope";
const WS_URL: &str = "wss://fstream.binance.com";
const REST_URL: &str = "https://fapi.binance.com";
const SYMBOLS: [&str; 5] = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT"];
/// A quarter of a day's calls at half of the weight that the exchange allows.
const GAP_REPAIR_MAX: u32 = 500_000;
/// An hour of 7,000 trades a second.
const SPOOL_MAX_BYTES: u64 = 1 << 30;
const OPS_BIND: &str = "127.0.0.1:9101";

/// What is shown of a secret.
const REDACTED: &str = "[redacted]";

impl Default for Config {
    /// The defaults of the flags, but without metrics and health on a fixed port.
    fn default() -> Self {
        Self {
            database_url: DATABASE_URL.into(),
            database_password_file: None,
            database_read_url: None,
            database_read_password_file: None,
            exchange_ws_url: WS_URL.into(),
            exchange_rest_url: REST_URL.into(),
            feed_mode: None,
            symbols: SYMBOLS.map(|name| name.parse().expect("a symbol")).to_vec(),
            symbols_file: None,
            ops_bind: None,
            batch_interval_ms: 50,
            batch_max_trades: 2_000,
            queue_batches: 64,
            spool_dir: None,
            spool_max_bytes: SPOOL_MAX_BYTES,
            streams_per_connection: 200,
            symbol_silence_ms: 60_000,
            connection_silence_ms: 30_000,
            connection_max_age_ms: 23 * 3_600_000 + 1_800_000,
            reconnect_first_ms: 250,
            restricted_retry_ms: 300_000,
            backfill_1m_days: 7,
            backfill_1h_days: 180,
            backfill_1d_days: 3 * 365,
            gap_repair_max: GAP_REPAIR_MAX,
            stop_timeout_ms: 5_000,
        }
    }
}

impl fmt::Debug for Config {
    /// Without the URLs of the database: they hold its password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            database_url: _,
            database_password_file,
            database_read_url,
            database_read_password_file,
            exchange_ws_url,
            exchange_rest_url,
            feed_mode,
            symbols,
            symbols_file,
            ops_bind,
            batch_interval_ms,
            batch_max_trades,
            queue_batches,
            spool_dir,
            spool_max_bytes,
            streams_per_connection,
            symbol_silence_ms,
            connection_silence_ms,
            connection_max_age_ms,
            reconnect_first_ms,
            restricted_retry_ms,
            backfill_1m_days,
            backfill_1h_days,
            backfill_1d_days,
            gap_repair_max,
            stop_timeout_ms,
        } = self;
        f.debug_struct("Config")
            .field("database_url", &REDACTED)
            .field(
                "database_read_url",
                &database_read_url.as_ref().map(|_| REDACTED),
            )
            .field("database_password_file", database_password_file)
            .field("database_read_password_file", database_read_password_file)
            .field("exchange_ws_url", exchange_ws_url)
            .field("exchange_rest_url", exchange_rest_url)
            .field("feed_mode", feed_mode)
            .field("symbols", symbols)
            .field("symbols_file", symbols_file)
            .field("ops_bind", ops_bind)
            .field("batch_interval_ms", batch_interval_ms)
            .field("batch_max_trades", batch_max_trades)
            .field("queue_batches", queue_batches)
            .field("spool_dir", spool_dir)
            .field("spool_max_bytes", spool_max_bytes)
            .field("streams_per_connection", streams_per_connection)
            .field("symbol_silence_ms", symbol_silence_ms)
            .field("connection_silence_ms", connection_silence_ms)
            .field("connection_max_age_ms", connection_max_age_ms)
            .field("reconnect_first_ms", reconnect_first_ms)
            .field("restricted_retry_ms", restricted_retry_ms)
            .field("backfill_1m_days", backfill_1m_days)
            .field("backfill_1h_days", backfill_1h_days)
            .field("backfill_1d_days", backfill_1d_days)
            .field("gap_repair_max", gap_repair_max)
            .field("stop_timeout_ms", stop_timeout_ms)
            .finish()
    }
}

impl Config {
    /// Whether the numbers are real.
    #[must_use]
    pub fn mode(&self) -> FeedMode {
        self.feed_mode.unwrap_or_else(|| {
            if is_binance(&self.exchange_ws_url) && is_binance(&self.exchange_rest_url) {
                FeedMode::Live
            } else {
                FeedMode::Simulated
            }
        })
    }

    /// Under which venue the trades are stored.
    #[must_use]
    pub fn venue(&self) -> Venue {
        match self.mode() {
            FeedMode::Live => Venue::Binance,
            FeedMode::Simulated | FeedMode::Replay => Venue::Simulated,
        }
    }

    /// # Errors
    /// When a file with a password cannot be read.
    pub(crate) fn database_urls(&self) -> anyhow::Result<DatabaseUrls> {
        let mut urls = DatabaseUrls::new(service::password::in_url(
            &self.database_url,
            self.database_password_file.as_deref(),
            "DATABASE_PASSWORD_FILE",
        )?);
        if let Some(read) = &self.database_read_url {
            urls.read = service::password::in_url(
                read,
                self.database_read_password_file.as_deref(),
                "DATABASE_READ_PASSWORD_FILE",
            )?;
        }
        Ok(urls)
    }

    pub(crate) fn batch_interval(&self) -> Duration {
        Duration::from_millis(self.batch_interval_ms)
    }

    pub(crate) fn stop_timeout(&self) -> Duration {
        Duration::from_millis(self.stop_timeout_ms)
    }
}

/// Whether a URL's host is binance.com or within it.
fn is_binance(url: &str) -> bool {
    let host = reqwest::Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    host.is_some_and(|host| host == "binance.com" || host.ends_with(".binance.com"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        config: Config,
    }

    fn parse(flags: &[&str]) -> Result<Config, clap::Error> {
        let all = std::iter::once("ingestor").chain(flags.iter().copied());
        Flags::try_parse_from(all).map(|flags| flags.config)
    }

    #[test]
    fn the_defaults_in_code_are_those_of_the_flags() {
        let flags = Config {
            ops_bind: None,
            ..parse(&[]).unwrap()
        };
        assert_eq!(flags, Config::default());
    }

    #[test]
    fn what_is_printed_of_the_settings_does_not_tell_the_password() {
        let config = Config {
            database_url: "postgres://me:hunter2@db/spreadscope".into(),
            database_read_url: Some("postgres://me:hunter2@replica/spreadscope".into()),
            ..Config::default()
        };
        let printed = format!("{config:?}");
        assert!(!printed.contains("hunter2"), "{printed}");
        assert!(printed.contains("stop_timeout_ms: 5000"), "{printed}");
    }

    #[test]
    fn the_feed_is_live_only_if_both_urls_lead_to_the_exchange() {
        assert_eq!(Config::default().mode(), FeedMode::Live);
        assert_eq!(Config::default().venue(), Venue::Binance);
        for (ws, rest) in [
            ("ws://127.0.0.1:9100", REST_URL),
            (WS_URL, "http://127.0.0.1:9100"),
            ("wss://fstream.binance.com.example.org", REST_URL),
            ("wss://notbinance.com", REST_URL),
        ] {
            let config = parse(&["--exchange-ws-url", ws, "--exchange-rest-url", rest]).unwrap();
            assert_eq!(
                (config.mode(), config.venue()),
                (FeedMode::Simulated, Venue::Simulated)
            );
        }
        let named = parse(&["--exchange-ws-url", "ws://x", "--feed-mode", "replay"]).unwrap();
        assert_eq!(
            (named.mode(), named.venue()),
            (FeedMode::Replay, Venue::Simulated)
        );
    }

    #[test]
    fn a_bad_setting_is_named() {
        for (flag, value) in [
            ("--symbols", "BTC USDT"),
            ("--feed-mode", "paper"),
            ("--batch-max-trades", "0"),
            ("--streams-per-connection", "1025"),
            ("--ops-bind", "nowhere"),
        ] {
            let error = parse(&[flag, value]).unwrap_err().to_string();
            assert!(error.contains(flag), "{error}");
        }
    }
}
