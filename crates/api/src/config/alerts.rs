//! Settings of alerts.

use clap::Args;

/// Settings of alerts.
#[derive(Debug, Clone, Args)]
pub struct AlertArgs {
    /// Most alert rules; further ones are refused.
    #[arg(long, env = "API_MAX_ALERT_RULES", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=450))]
    pub api_max_alert_rules: u32,

    /// Another server goes on evaluating alerts so long after the one that did was last heard of, milliseconds.
    #[arg(long, env = "API_ALERT_LEASE_MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(200..=600_000))]
    pub api_alert_lease_ms: u64,

    /// Send webhooks to addresses that are not public too, and without encryption: for receivers on this
    /// machine. Whoever can make a rule can then reach what this machine can.
    #[arg(long, env = "API_WEBHOOKS_ANYWHERE")]
    pub api_webhooks_anywhere: bool,
}

impl Default for AlertArgs {
    fn default() -> Self {
        Self {
            api_max_alert_rules: 200,
            api_alert_lease_ms: 10_000,
            api_webhooks_anywhere: false,
        }
    }
}
