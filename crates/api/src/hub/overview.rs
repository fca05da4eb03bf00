//! 24-hour volumes: read for all symbols at once, when something happened and somebody follows.

use std::{collections::HashMap, sync::Arc, time::Duration};

use service::Backoff;
use store::{Store, SymbolId, symbols, symbols::SymbolOverview};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use super::pump::Pulse;

/// Volumes of a day move slowly.
const PAUSE: Duration = Duration::from_secs(2);
/// With hundreds of symbols reading takes longer; it never keeps the database busier than a twentieth.
const PAUSE_PER_COST: u32 = 20;
const RETRY_FIRST: Duration = Duration::from_millis(200);
const RETRY_MOST: Duration = Duration::from_secs(5);

pub(crate) type Overview = HashMap<SymbolId, SymbolOverview>;

/// The overview of all symbols as it was last read; `None` before the first time.
#[derive(Debug, Default)]
pub(crate) struct Overviews {
    latest: watch::Sender<Option<Arc<Overview>>>,
    wanted: Notify,
}

impl Overviews {
    /// Follows the overview; it is kept fresh while anybody does.
    pub(crate) fn follow(&self) -> watch::Receiver<Option<Arc<Overview>>> {
        let receiver = self.latest.subscribe();
        self.wanted.notify_one();
        receiver
    }

    pub(crate) async fn run(self: Arc<Self>, store: Store, pulse: Arc<Pulse>) {
        let happened = pulse.signal_for_all();
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MOST);
        loop {
            tokio::select! {
                () = happened.raised() => {}
                () = self.wanted.notified() => {}
            }
            if self.latest.receiver_count() == 0 {
                continue;
            }
            let started = Instant::now();
            match symbols::overview(&store).await {
                Ok(list) => {
                    backoff.reset();
                    let map = list
                        .into_iter()
                        .map(|item| (item.info.symbol_id, item))
                        .collect();
                    self.latest.send_replace(Some(Arc::new(map)));
                    tokio::time::sleep(PAUSE.max(started.elapsed() * PAUSE_PER_COST)).await;
                }
                Err(error) => {
                    tracing::debug!(%error, "the overview of symbols could not be read");
                    tokio::time::sleep(backoff.next_delay()).await;
                    self.wanted.notify_one();
                }
            }
        }
    }
}
