//! One WebSocket connection: made again for ever, its frames decoded and handed on in batches.

mod session;
mod successor;

use std::{collections::HashMap, sync::Arc, time::Duration};

use market::Symbol;
use service::Backoff;
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{
    batch::{Batch, Session},
    roster::Market,
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

/// The markets of a connection.
pub(crate) type Share = Vec<Arc<Market>>;

/// Why a session ended.
#[derive(Debug)]
enum End {
    /// The ingestor stops.
    Stopped,
    /// Nothing is left to hear.
    Unneeded,
    /// The exchange does not serve this place.
    Restricted(String),
    /// Anything else, and why.
    Lost(Loss, String),
}

/// How a connection was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    /// The exchange would not have it.
    Refused,
    /// The exchange ended it.
    Closed,
    /// It broke.
    Broken,
    /// Nothing came from it any more.
    Silent,
}

impl Loss {
    /// The label under which it is counted.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Closed => "closed",
            Self::Broken => "broken",
            Self::Silent => "silent",
        }
    }
}

/// Hears a share of the markets.
pub(crate) struct Connection<V> {
    number: usize,
    /// When the process started, milliseconds since the epoch.
    run_ms: i64,
    venue: Arc<V>,
    settings: Settings,
    shared: Arc<FeedShared>,
    batches: mpsc::Sender<Batch>,
    /// What it is to hear.
    share: watch::Receiver<Share>,
    /// What it hears: after a change also what it is to leave, until another connection has taken over.
    heard: Vec<Heard>,
    /// By name, place in `heard`.
    places: HashMap<String, usize>,
    sessions: u64,
}

struct Heard {
    market: Arc<Market>,
    silence: SilenceWatch,
}

impl<V: Venue> Connection<V> {
    pub(crate) fn new(
        number: usize,
        run_ms: i64,
        venue: Arc<V>,
        settings: Settings,
        shared: Arc<FeedShared>,
        batches: mpsc::Sender<Batch>,
        share: watch::Receiver<Share>,
    ) -> Self {
        shared.connection_is(number, false);
        Self {
            number,
            run_ms,
            venue,
            settings,
            shared,
            batches,
            share,
            heard: Vec::new(),
            places: HashMap::new(),
            sessions: 0,
        }
    }

    /// Connects, and connects again, until `shutdown`, or until it has nothing to hear.
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
            let (kind, wait) = match end {
                End::Stopped => return,
                End::Unneeded => {
                    tracing::info!(event = "connection_unneeded", connection = self.number);
                    self.shared.clear_note(&about);
                    self.shared.connection_ended(self.number);
                    return;
                }
                End::Restricted(reason) => {
                    let wait = self.settings.restricted_retry;
                    tracing::error!(event = "restricted_location", connection = self.number, %reason,
                        retry_in_s = wait.as_secs());
                    self.shared.note(&about, reason);
                    ("restricted", wait)
                }
                End::Lost(loss, reason) => {
                    let wait = backoff.next_delay();
                    tracing::warn!(event = "connection_lost", connection = self.number, kind = loss.as_str(),
                        %reason, retry_in_ms = wait.as_millis());
                    self.shared.note(&about, format!("reconnecting: {reason}"));
                    (loss.as_str(), wait)
                }
            };
            metrics::counter!("ingestor_reconnects_total", "kind" => kind).increment(1);
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Unique among all connections of all runs, so that the writer can tell a reconnect.
    fn session_id(&self) -> Session {
        Session {
            run_ms: self.run_ms,
            drops: 0,
            connection: self.sessions << 16 | self.number as u64,
        }
    }

    /// Where all that it is to hear is heard at once.
    fn url(&self) -> String {
        let symbols: Vec<Symbol> = self
            .share
            .borrow()
            .iter()
            .map(|market| market.symbol().clone())
            .collect();
        self.venue.stream_url(&symbols)
    }

    /// Listens for what it is to hear, beside what it hears already.
    fn hear_more(&mut self) {
        let share = self.share.borrow_and_update().clone();
        let now = Instant::now().into_std();
        for market in share {
            let name = market.symbol().as_str();
            if !self.places.contains_key(name) {
                self.places.insert(name.to_owned(), self.heard.len());
                self.heard.push(Heard {
                    market,
                    silence: SilenceWatch::new(self.settings.symbol_silence, now),
                });
            }
        }
    }

    /// Listens for what it is to hear, and for nothing else.
    fn hear_share_only(&mut self) {
        self.hear_more();
        let share = self.share.borrow().clone();
        self.heard.retain(|heard| {
            let stays = share
                .iter()
                .any(|market| Arc::ptr_eq(market, &heard.market));
            if !stays {
                self.shared
                    .clear_note(&about_silence(heard.market.symbol()));
            }
            stays
        });
        let names = self.heard.iter().enumerate();
        self.places = names
            .map(|(place, heard)| (heard.market.symbol().as_str().to_owned(), place))
            .collect();
    }
}

/// Under which name the silence of a symbol is spoken of.
fn about_silence(symbol: &Symbol) -> String {
    format!("silence of {symbol}")
}
