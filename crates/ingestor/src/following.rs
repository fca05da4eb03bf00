//! Which markets are followed, and on which connection each is heard.
//!
//! A change of the symbols costs nobody a trade: each connection that is concerned is replaced by one that
//! hears its new share, and both are read for a while. A market stays on its connection for as long as it is
//! followed.

use std::sync::Arc;

use market::Symbol;
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::{
    batch::Batch,
    connection::{Connection, Settings, Share},
    roster::{Market, Roster},
    state::FeedShared,
    symbols::{self, SymbolsFile},
    venue::Venue,
};

/// Under which name a change of the symbols speaks to the user.
const ABOUT: &str = "symbols";

pub(crate) struct Following<V> {
    pub(crate) venue: Arc<V>,
    pub(crate) roster: Arc<Roster>,
    pub(crate) shared: Arc<FeedShared>,
    pub(crate) batches: mpsc::Sender<Batch>,
    pub(crate) settings: Settings,
    pub(crate) run_ms: i64,
    /// Most markets on a connection.
    pub(crate) per_connection: usize,
    pub(crate) file: SymbolsFile,
    /// Without it, what is heard before the database is there could not be kept.
    pub(crate) has_spool: bool,
}

/// A connection, seen from here.
struct Open {
    number: usize,
    share: watch::Sender<Share>,
}

impl<V: Venue> Following<V> {
    /// Connects, and follows the changes of the symbols, until `shutdown`.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        let Some(enrolled) = self.introduce(&self.roster.followed()).await else {
            return;
        };
        if !self.has_spool {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = enrolled => {}
            }
        }
        let mut connections = JoinSet::new();
        let mut open = Vec::new();
        let mut started = 0;
        self.distribute(&mut open, &mut started, &mut connections, &shutdown);
        loop {
            let changed = tokio::select! {
                () = shutdown.cancelled() => break,
                Some(ended) = connections.join_next() => {
                    rethrow(ended);
                    continue;
                }
                changed = self.file.changed() => changed,
            };
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = self.follow(changed) => {}
            }
            self.distribute(&mut open, &mut started, &mut connections, &shutdown);
        }
        while let Some(ended) = connections.join_next().await {
            rethrow(ended);
        }
    }

    /// Takes over what the file says, if the exchange has all of it.
    async fn follow(&self, wanted: Result<Vec<Symbol>, symbols::BadSymbols>) {
        let specs = match wanted {
            Err(error) => Err(error.to_string()),
            Ok(wanted) => match self.venue.markets().await {
                Ok(markets) => symbols::check(&wanted, markets)
                    .map(|checked| checked.specs)
                    .map_err(|error| error.to_string()),
                // The feed is not held up for it: a name that the exchange does not have stays silent.
                Err(error) => {
                    tracing::warn!(event = "markets_unknown", %error);
                    Ok(wanted.into_iter().map(store::SymbolSpec::named).collect())
                }
            },
        };
        let specs = match specs {
            Ok(specs) => specs,
            Err(error) => {
                tracing::error!(event = "symbols_refused", %error, "the symbols stay as they were");
                self.shared
                    .note(ABOUT, format!("the symbols stay as they were: {error}"));
                return;
            }
        };
        self.shared.clear_note(ABOUT);
        let before = self.roster.followed();
        self.roster.follow(specs);
        let now = self.roster.followed();
        let (added, left) = (missing_in(&before, &now), missing_in(&now, &before));
        tracing::info!(event = "symbols_changed", followed = now.len(), added = %names(&added), left = %names(&left));
        metrics::counter!("ingestor_symbol_changes_total").increment(1);
        let _ = self.introduce(&added).await;
    }

    /// Makes markets known to the database, whether they trade or not; tells when they are.
    async fn introduce(&self, markets: &[Arc<Market>]) -> Option<oneshot::Receiver<()>> {
        let (stored, known) = oneshot::channel();
        let batch = Batch {
            newcomers: markets.iter().map(|market| market.slot()).collect(),
            stored: Some(stored),
            ..Batch::default()
        };
        self.batches.send(batch).await.ok().map(|()| known)
    }

    /// Gives every connection its share, opens those that are missing, and ends those that have none.
    fn distribute(
        &self,
        open: &mut Vec<Open>,
        started: &mut usize,
        connections: &mut JoinSet<()>,
        shutdown: &CancellationToken,
    ) {
        let current: Vec<Share> = open
            .iter()
            .map(|connection| connection.share.borrow().clone())
            .collect();
        let shares = shares(current, self.roster.followed(), self.per_connection);
        for (place, share) in shares.into_iter().enumerate() {
            if let Some(connection) = open.get(place) {
                connection.share.send_if_modified(|current| {
                    let changes = !same(current, &share);
                    *current = share;
                    changes
                });
                continue;
            }
            let (sender, receiver) = watch::channel(share);
            let connection = Connection::new(
                *started,
                self.run_ms,
                Arc::clone(&self.venue),
                self.settings.clone(),
                Arc::clone(&self.shared),
                self.batches.clone(),
                receiver,
            );
            connections.spawn(connection.run(shutdown.clone()));
            open.push(Open {
                number: *started,
                share: sender,
            });
            *started += 1;
        }
        open.retain(|connection| {
            let is_needed = !connection.share.borrow().is_empty();
            if !is_needed {
                tracing::debug!(event = "connection_ends", connection = connection.number);
            }
            is_needed
        });
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        metrics::gauge!("ingestor_symbols").set(self.roster.followed().len() as f64);
    }
}

/// Where each of the wanted markets is heard: where it is now, else where there is room, else on a
/// connection more.
fn shares(mut current: Vec<Share>, wanted: Share, per_connection: usize) -> Vec<Share> {
    for share in &mut current {
        share.retain(|market| holds(&wanted, market));
    }
    for market in wanted {
        if current.iter().any(|share| holds(share, &market)) {
            continue;
        }
        match current
            .iter_mut()
            .find(|share| share.len() < per_connection)
        {
            Some(share) => share.push(market),
            None => current.push(vec![market]),
        }
    }
    current
}

fn holds(share: &[Arc<Market>], market: &Arc<Market>) -> bool {
    share.iter().any(|other| Arc::ptr_eq(other, market))
}

fn same(a: &[Arc<Market>], b: &[Arc<Market>]) -> bool {
    a.len() == b.len() && a.iter().all(|market| holds(b, market))
}

/// Those of `there` that `here` lacks.
fn missing_in(here: &[Arc<Market>], there: &[Arc<Market>]) -> Share {
    let missing = there.iter().filter(|market| !holds(here, market));
    missing.cloned().collect()
}

fn names(markets: &[Arc<Market>]) -> String {
    let names: Vec<&str> = markets
        .iter()
        .map(|market| market.symbol().as_str())
        .collect();
    names.join(",")
}

/// A connection that panics is a defect of the whole.
fn rethrow(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        std::panic::resume_unwind(error.into_panic());
    }
}

#[cfg(test)]
mod tests {
    use store::SymbolSpec;

    use super::*;

    fn roster(names: &[&str]) -> Roster {
        let roster = Roster::default();
        roster.follow(specs(names));
        roster
    }

    fn specs(names: &[&str]) -> Vec<SymbolSpec> {
        let specs = names
            .iter()
            .map(|name| SymbolSpec::named(name.parse().expect("a symbol")));
        specs.collect()
    }

    #[test]
    fn a_market_stays_where_it_is_and_new_ones_take_what_room_there_is() {
        let roster = roster(&["A", "B", "C", "D", "E"]);
        let first = shares(Vec::new(), roster.followed(), 2);
        let shown = |shares: &[Share]| shares.iter().map(|share| names(share)).collect::<Vec<_>>();
        assert_eq!(shown(&first), ["A,B", "C,D", "E"]);
        roster.follow(specs(&["B", "D", "E", "F", "G", "H", "I"]));
        let second = shares(first, roster.followed(), 2);
        assert_eq!(shown(&second), ["B,F", "D,G", "E,H", "I"]);
        roster.follow(specs(&["I"]));
        let third = shares(second, roster.followed(), 2);
        assert_eq!(shown(&third), ["", "", "", "I"], "empty ones are told so");
    }
}
