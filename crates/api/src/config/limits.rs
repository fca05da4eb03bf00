//! Settings of how much one client may ask for, and how slowly.

use clap::Args;

/// Settings of how much one client may ask for, and how slowly: an IPv4 address, or a /64 of IPv6. Trusted proxies may
/// have as many connections as there are, and so may this machine unless `api_limit_loopback` is set.
#[derive(Debug, Clone, Args)]
pub struct LimitArgs {
    /// Most connections of one client at once; further ones are closed.
    #[arg(long, env = "API_MAX_CONNECTIONS_PER_CLIENT", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub api_max_connections_per_client: u32,

    /// Requests of one client a second.
    #[arg(long, env = "API_RATE_PER_SECOND", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub api_rate_per_second: u32,

    /// Requests that one client may make at once after a rest.
    #[arg(long, env = "API_RATE_BURST", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub api_rate_burst: u32,

    /// Whether the limits above are for this machine itself, too.
    #[arg(long, env = "API_LIMIT_LOOPBACK")]
    pub api_limit_loopback: bool,

    /// Longest time for which a client may send nothing of a body that it has begun, milliseconds; it has to send
    /// 8 kB a second on average.
    #[arg(long, env = "API_BODY_TIMEOUT_MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(100..=600_000))]
    pub api_body_timeout_ms: u64,

    /// Longest time for which a client may take nothing of an answer, milliseconds; it has to take 8 kB a second
    /// on average, where there is as much.
    #[arg(long, env = "API_SEND_TIMEOUT_MS", default_value_t = 30_000, value_parser = clap::value_parser!(u64).range(100..=600_000))]
    pub api_send_timeout_ms: u64,
}

impl Default for LimitArgs {
    fn default() -> Self {
        Self {
            api_max_connections_per_client: 256,
            api_rate_per_second: 50,
            api_rate_burst: 500,
            api_limit_loopback: false,
            api_body_timeout_ms: 10_000,
            api_send_timeout_ms: 30_000,
        }
    }
}
