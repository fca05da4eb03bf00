//! What can go wrong with a REST call, by what can be done about it.

use std::time::Duration;

use market::binance::rest::BadReply;

/// What went wrong with a REST call.
#[derive(Debug, thiserror::Error)]
pub enum RestError {
    /// The exchange does not serve the place where this machine stands. Only moving helps, so it
    /// is asked again, but rarely.
    #[error(
        "the exchange does not serve this location (HTTP {status}: restricted location); \
         run this from a place that it serves, or use the simulated exchange"
    )]
    Restricted {
        /// HTTP status, 451 as a rule.
        status: u16,
    },
    /// Too many calls (429), banned for it (418), or stopped by the firewall (403).
    #[error("the exchange wants fewer calls (HTTP {status}): next one in {} s", retry_after.as_secs())]
    Limited {
        /// HTTP status.
        status: u16,
        /// How long no call may be made.
        retry_after: Duration,
    },
    /// The call itself is wrong; doing it again gives the same answer.
    #[error("the exchange refused the call (HTTP {status}, code {code:?}): {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The exchange's number for what went wrong, if it gave one.
        code: Option<i64>,
        /// What it said.
        message: String,
    },
    /// The exchange has trouble (5xx).
    #[error("the exchange has trouble (HTTP {status})")]
    Server {
        /// HTTP status.
        status: u16,
    },
    /// The exchange cannot be reached, or the connection broke.
    #[error("the exchange cannot be reached: {0}")]
    Network(String),
    /// The reply is larger than any that was expected.
    #[error("the exchange's reply has more than {limit} bytes")]
    TooLarge {
        /// Most bytes that are read.
        limit: usize,
    },
    /// The reply cannot be read.
    #[error(transparent)]
    BadReply(#[from] BadReply),
}

impl RestError {
    /// Whether doing the same again can help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        !matches!(self, Self::Refused { .. } | Self::TooLarge { .. })
    }

    /// The label under which it is counted.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Restricted { .. } => "restricted",
            Self::Limited { .. } => "limited",
            Self::Refused { .. } => "refused",
            Self::Server { .. } => "server",
            Self::Network(_) => "network",
            Self::TooLarge { .. } => "too_large",
            Self::BadReply(_) => "bad_reply",
        }
    }
}
