//! The connection to the server, and what the server says of its feed.

use api_types::{StatusResponse, SymbolInfo};
use reactive_stores::Store;

/// What is known of the world outside.
#[derive(Clone, Debug, Default, Store)]
pub(crate) struct Feed {
    /// The event stream.
    pub(crate) link: Link,
    /// What the stack was last said to be doing.
    pub(crate) status: Option<StatusResponse>,
    /// Symbols to choose from; also those of the last good answer.
    pub(crate) symbols: Vec<SymbolInfo>,
    /// How `symbols` came about.
    pub(crate) catalogue: Catalogue,
    /// When the last event arrived, ms since the epoch on the server's clock.
    pub(crate) last_event: Option<i64>,
    /// What to add to the browser's clock to get the server's, ms.
    pub(crate) skew_ms: i64,
}

/// State of the event stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Link {
    /// Not yet answered for the first time, or for other topics.
    #[default]
    Connecting,
    /// Events arrive.
    Open,
    /// Other pages of the browser have their turn.
    Waiting,
    /// Closed while nobody sees the page.
    Resting,
    /// Lost; times in ms since the epoch on the server's clock.
    Lost { since: i64, retry_at: i64 },
}

/// Whether the symbols are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Catalogue {
    #[default]
    Loading,
    Ready,
    /// Not to be had, with the reason; being tried again.
    Failed(String),
}
