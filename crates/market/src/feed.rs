//! Whether the numbers are real.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where the trades come from. Shown to the user at all times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeedMode {
    /// The exchange itself.
    Live,
    /// The simulated exchange's own market.
    Simulated,
    /// Recorded trades, served again by the simulated exchange.
    Replay,
}

impl FeedMode {
    /// The name used in settings, in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Simulated => "simulated",
            Self::Replay => "replay",
        }
    }
}

impl fmt::Display for FeedMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for FeedMode {
    type Err = UnknownFeedMode;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "live" => Ok(Self::Live),
            "simulated" => Ok(Self::Simulated),
            "replay" => Ok(Self::Replay),
            _ => Err(UnknownFeedMode(name.to_owned())),
        }
    }
}

/// Not one of `live`, `simulated`, `replay`.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no feed mode: it is one of live, simulated, replay")]
pub struct UnknownFeedMode(String);
