//! One WebSocket connection: made again for ever, its frames decoded and handed on in batches.

mod session;
mod successor;

use std::{collections::HashMap, sync::Arc, time::Duration};

use market::Symbol;
use service::Backoff;
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    batch::{Batch, Followed},
    silence::SilenceWatch,
    state::FeedShared,
    venue::Venue,
};

/// Longest wait before a connection is made anew.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What a connection is told by configuration.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) batch_interval: Duration,
    pub(crate) batch_max_trades: usize,
    pub(crate) symbol_silence: Duration,
    pub(crate) connection_silence: Duration,
    pub(crate) max_age: Duration,
    pub(crate) reconnect_first: Duration,
    pub(crate) restricted_retry: Duration,
}

/// Why a session ended.
#[derive(Debug)]
enum End {
    /// The ingestor stops.
    Stopped,
    /// The exchange does not serve this place.
    Restricted(String),
    /// Anything else.
    Lost(String),
}

/// Hears a share of the symbols.
pub(crate) struct Connection<V> {
    pub(crate) number: usize,
    pub(crate) venue: Arc<V>,
    pub(crate) settings: Settings,
    pub(crate) shared: Arc<FeedShared>,
    pub(crate) batches: mpsc::Sender<Batch>,
    followed: Vec<Followed>,
    symbols: Vec<Symbol>,
    /// By name, place in `followed` and `silence`.
    places: HashMap<String, usize>,
    silence: Vec<SilenceWatch>,
    sessions: u64,
}

impl<V: Venue> Connection<V> {
    pub(crate) fn new(
        number: usize,
        venue: Arc<V>,
        settings: Settings,
        shared: Arc<FeedShared>,
        batches: mpsc::Sender<Batch>,
        followed: Vec<Followed>,
    ) -> Self {
        let now = Instant::now().into_std();
        Self {
            number,
            venue,
            shared,
            batches,
            symbols: followed
                .iter()
                .map(|followed| followed.symbol.clone())
                .collect(),
            places: followed
                .iter()
                .enumerate()
                .map(|(place, followed)| (followed.symbol.as_str().to_owned(), place))
                .collect(),
            silence: vec![SilenceWatch::new(settings.symbol_silence, now); followed.len()],
            followed,
            settings,
            sessions: 0,
        }
    }

    /// Connects, and connects again, until `shutdown`.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        let mut backoff = Backoff::new(self.settings.reconnect_first, LONGEST_WAIT);
        let about = format!("connection {}", self.number);
        loop {
            self.sessions += 1;
            let end = self.session(&mut backoff, &shutdown).await;
            self.shared.connection_is(self.number, false);
            if shutdown.is_cancelled() {
                return;
            }
            metrics::counter!("ingestor_reconnects_total").increment(1);
            let wait = match end {
                End::Stopped => return,
                End::Restricted(reason) => {
                    let wait = self.settings.restricted_retry;
                    tracing::error!(event = "restricted_location", connection = self.number, %reason,
                        retry_in_s = wait.as_secs());
                    self.shared.note(&about, reason);
                    wait
                }
                End::Lost(reason) => {
                    let wait = backoff.next_delay();
                    tracing::warn!(event = "connection_lost", connection = self.number, %reason,
                        retry_in_ms = wait.as_millis());
                    self.shared.note(&about, format!("reconnecting: {reason}"));
                    wait
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Unique among all connections, so that the writer can tell a reconnect.
    fn session_id(&self) -> u64 {
        self.sessions << 16 | self.number as u64
    }
}
