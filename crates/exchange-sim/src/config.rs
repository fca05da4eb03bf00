//! Settings.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use clap::{Args, ValueEnum};

use crate::{SimError, faults::FaultSpec, symbols::DEFAULT_SYMBOLS};

/// By how much a recording is moved in time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Shift {
    /// By the whole number of days that brings its end as close to now as it gets without passing
    /// it; the number is kept in `--state-dir`.
    #[default]
    Days,
    /// Not at all: exchange time starts when the recording does.
    None,
}

/// What happens when a recording has been served.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ReplayEnd {
    /// The exchange stays up and nothing more is traded.
    #[default]
    Idle,
    /// The simulator stops.
    Stop,
}

/// Settings of the simulated exchange. In code: `SimConfig { seed: 7, ..SimConfig::default() }`.
#[derive(Debug, Clone, Args)]
pub struct SimConfig {
    /// Address to listen on, for streams, REST and administration alike.
    #[arg(long = "bind", env = "SIM_BIND", default_value = "127.0.0.1:9100")]
    pub bind: SocketAddr,

    /// Symbols that are traded, separated by commas. Unknown ones get made-up prices.
    #[arg(long = "symbols", env = "SIM_SYMBOLS", value_delimiter = ',', default_values = DEFAULT_SYMBOLS)]
    pub symbols: Vec<String>,

    /// Seed of the market. Seed, symbol and rate make the series of trades.
    #[arg(long, env = "SIM_SEED", default_value_t = 1)]
    pub seed: u64,

    /// Average trades a second and symbol, by exchange time (0.1 … 20,000).
    #[arg(long = "rate", env = "SIM_RATE", default_value_t = 5.0)]
    pub rate: f64,

    /// How many times faster than the host's clock exchange time runs.
    #[arg(long, env = "SIM_TIME_WARP", default_value_t = 1.0)]
    pub time_warp: f64,

    /// Exchange time at start, in milliseconds since 1970 [default: now].
    #[arg(long, env = "SIM_START_MS")]
    pub start_ms: Option<i64>,

    /// How far the exchange's clock is ahead of the host's (behind, if negative).
    #[arg(
        long,
        env = "SIM_CLOCK_OFFSET_MS",
        default_value_t = 0,
        allow_hyphen_values = true
    )]
    pub clock_offset_ms: i64,

    /// Serve the trades of this CSV file (plain or .gz) instead of the model's.
    #[arg(long, env = "SIM_REPLAY")]
    pub replay: Option<PathBuf>,

    /// How many times faster than recorded.
    #[arg(long, env = "SIM_REPLAY_SPEED", default_value_t = 1.0)]
    pub replay_speed: f64,

    /// By how much the recording is moved in time.
    #[arg(long = "shift", env = "SIM_REPLAY_SHIFT", value_enum, default_value_t)]
    pub replay_shift: Shift,

    /// What happens at the end of the recording.
    #[arg(long, env = "SIM_REPLAY_END", value_enum, default_value_t)]
    pub replay_end: ReplayEnd,

    /// Exchange time stands still until the first subscription that is served, so that a client
    /// sees a recording, or a test's market, from its first trade on.
    #[arg(long, env = "SIM_WAIT_FOR_CLIENT")]
    pub wait_for_client: bool,

    /// Directory that remembers by how many days a recording was moved.
    #[arg(long, env = "SIM_STATE_DIR")]
    pub state_dir: Option<PathBuf>,

    /// File that every trade is written to before any fault is applied (CSV, replaced at start).
    #[arg(long = "truth-file", env = "SIM_TRUTH_FILE")]
    pub truth_file: Option<PathBuf>,

    /// A fault from the start, as `skip,symbol=BTCUSDT,count=3,after_ms=5000`; may be given several
    /// times. See the README for the kinds.
    #[arg(long = "fault", env = "SIM_FAULT", value_delimiter = ';')]
    pub faults: Vec<FaultSpec>,

    /// REST weight a minute and address.
    #[arg(long, env = "SIM_WEIGHT_PER_MINUTE", default_value_t = 2_400)]
    pub weight_per_minute: u32,

    /// Time between the server's pings, in milliseconds.
    #[arg(long, env = "SIM_PING_INTERVAL_MS", default_value_t = 180_000)]
    pub ping_interval_ms: u64,

    /// A connection without a pong for this long is dropped.
    #[arg(long, env = "SIM_PONG_TIMEOUT_MS", default_value_t = 600_000)]
    pub pong_timeout_ms: u64,

    /// A connection is closed at this age.
    #[arg(long, env = "SIM_CONNECTION_LIFETIME_MS", default_value_t = 86_400_000)]
    pub connection_lifetime_ms: u64,

    /// Frames that may wait for a client; one that falls further behind is disconnected.
    #[arg(long, env = "SIM_CLIENT_BUFFER_FRAMES", default_value_t = 100_000)]
    pub client_buffer_frames: usize,
}

impl Default for SimConfig {
    /// The defaults of the flags, but bound to a free port.
    fn default() -> Self {
        Self {
            bind: (Ipv4Addr::LOCALHOST, 0).into(),
            symbols: DEFAULT_SYMBOLS.map(str::to_owned).to_vec(),
            seed: 1,
            rate: 5.0,
            time_warp: 1.0,
            start_ms: None,
            clock_offset_ms: 0,
            replay: None,
            replay_speed: 1.0,
            replay_shift: Shift::default(),
            replay_end: ReplayEnd::default(),
            wait_for_client: false,
            state_dir: None,
            truth_file: None,
            faults: Vec::new(),
            weight_per_minute: 2_400,
            ping_interval_ms: 180_000,
            pong_timeout_ms: 600_000,
            connection_lifetime_ms: 86_400_000,
            client_buffer_frames: 100_000,
        }
    }
}

impl SimConfig {
    /// Names the first setting that makes no sense.
    pub(crate) fn check(&self) -> Result<(), SimError> {
        let fail = |setting, reason: String| Err(SimError::Setting { setting, reason });
        for symbol in &self.symbols {
            let plausible = (2..=20).contains(&symbol.len())
                && symbol
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
            if !plausible {
                return fail(
                    "--symbols",
                    format!("{symbol:?} is not a symbol (BTCUSDT, ETHUSDT, …)"),
                );
            }
        }
        let mut names = self.symbols.clone();
        names.sort_unstable();
        if names.is_empty() || names.windows(2).any(|pair| pair[0] == pair[1]) {
            return fail(
                "--symbols",
                "must name at least one symbol, and each once".into(),
            );
        }
        if !(0.1..=20_000.0).contains(&self.rate) {
            return fail(
                "--rate",
                format!("{} is not between 0.1 and 20000 trades a second", self.rate),
            );
        }
        for (setting, value) in [
            ("--time-warp", self.time_warp),
            ("--replay-speed", self.replay_speed),
        ] {
            if !(0.001..=100_000.0).contains(&value) {
                return fail(setting, format!("{value} is not between 0.001 and 100000"));
            }
        }
        for (setting, value) in [
            ("--ping-interval-ms", self.ping_interval_ms),
            ("--pong-timeout-ms", self.pong_timeout_ms),
            ("--connection-lifetime-ms", self.connection_lifetime_ms),
            ("--client-buffer-frames", self.client_buffer_frames as u64),
        ] {
            if value == 0 {
                return fail(setting, "must not be 0".into());
            }
        }
        Ok(())
    }

    pub(crate) fn ping_interval(&self) -> Duration {
        Duration::from_millis(self.ping_interval_ms)
    }

    pub(crate) fn pong_timeout(&self) -> Duration {
        Duration::from_millis(self.pong_timeout_ms)
    }

    pub(crate) fn connection_lifetime(&self) -> Duration {
        Duration::from_millis(self.connection_lifetime_ms)
    }
}
