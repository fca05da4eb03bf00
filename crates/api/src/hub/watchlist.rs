//! The task of the `watchlist` topic: all pairs of the list looked at once a second, for everybody who
//! follows it and for whoever asks.
//!
//! Pairs are followed while anybody looks, and a minute longer. Nothing of a row depends on when it was
//! begun, so a list that nobody looks at costs nothing and loses nothing.

mod row;

use std::{collections::HashMap, sync::Arc, time::Duration};

use api_types::{EventKind, StreamEvent, WatchlistData, WatchlistRow, WatchlistState};
use store::{
    Result, Store, Table,
    feed_status::{self, StoredFeedStatus},
    watchlist,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_blocking,
    time::{Instant, sleep_until},
};

use self::row::{Row, Sample};
use super::{
    Admission, forget_gone,
    outbox::{Audience, Message},
    pump::Pulse,
    signal::Signal,
};
use crate::{convert, live::Sessions};

/// Rows are told at most so often.
const PACE: Duration = Duration::from_secs(1);
/// While somebody waits for first figures, they are looked for so often.
const HASTE: Duration = Duration::from_millis(50);
/// Whoever asks waits at most so long for figures that are being computed.
const PATIENCE: Duration = Duration::from_secs(2);
/// Pairs are followed for so long after the last look at them.
const LINGER: Duration = Duration::from_secs(60);

/// Somebody asks for the list as it is now.
#[derive(Debug)]
pub(crate) struct Ask {
    /// The list is to be at this revision at least.
    pub(crate) revision: i64,
    pub(crate) reply: oneshot::Sender<WatchlistData>,
}

pub(crate) struct WatchlistTopic {
    store: Store,
    sessions: Sessions,
    edited: Arc<Signal>,
    audience: Audience,
    /// Clients that were admitted and have been sent nothing yet.
    waiting: Vec<Admission>,
    asks: Vec<(Ask, Instant)>,
    list: Option<List>,
    feeds: Feeds,
    used: Instant,
    next_update: Instant,
}

struct List {
    revision: i64,
    rows: Vec<Row>,
    /// Whether the audience has another list.
    replaced: bool,
    /// Whether the database may have a newer one.
    outdated: bool,
}

#[derive(Default)]
struct Feeds {
    read: Option<Instant>,
    of: Vec<StoredFeedStatus>,
}

impl WatchlistTopic {
    pub(crate) fn new(store: Store, sessions: Sessions, pulse: &Pulse) -> Self {
        Self {
            store,
            sessions,
            edited: pulse.signal_for_table(Table::Watchlist),
            audience: Audience::default(),
            waiting: Vec::new(),
            asks: Vec::new(),
            list: None,
            feeds: Feeds::default(),
            used: Instant::now(),
            next_update: Instant::now(),
        }
    }

    pub(crate) async fn run(
        mut self,
        mut admissions: mpsc::Receiver<Admission>,
        mut asks: mpsc::Receiver<Ask>,
    ) {
        let mut next = None;
        loop {
            tokio::select! {
                admission = admissions.recv() => match admission {
                    Some(admission) => self.waiting.push(admission),
                    None => return,
                },
                Some(ask) = asks.recv() => self.asks.push((ask, Instant::now() + PATIENCE)),
                () = self.edited.raised() => if let Some(list) = &mut self.list {
                    list.outdated = true;
                },
                () = at(next) => {}
            }
            while let Ok(admission) = admissions.try_recv() {
                self.waiting.push(admission);
            }
            while let Ok(ask) = asks.try_recv() {
                self.asks.push((ask, Instant::now() + PATIENCE));
            }
            next = match self.look().await {
                Ok(next) => next,
                Err(error) => {
                    tracing::debug!(%error, "the watchlist could not be read");
                    Some(Instant::now() + PACE)
                }
            };
        }
    }

    /// Looks at all pairs and tells who is to be told. Returns when to look again.
    async fn look(&mut self) -> Result<Option<Instant>> {
        forget_gone(&mut self.waiting);
        let now = Instant::now();
        self.asks
            .retain(|(ask, until)| !ask.reply.is_closed() && *until + PACE > now);
        let watched = !self.audience.is_empty();
        if !watched && self.waiting.is_empty() && self.asks.is_empty() {
            if self.used + LINGER <= now {
                self.list = None;
            }
            return Ok(self.list.is_some().then_some(self.used + LINGER));
        }
        self.used = now;
        self.read_list().await?;
        self.read_feeds().await;
        let Some(list) = &mut self.list else {
            return Ok(None);
        };
        for row in &mut list.rows {
            row.look(&self.sessions).await;
        }
        test(&mut list.rows).await;
        let feeds = self.feeds.as_of_now();
        let rows = (0..).zip(&mut list.rows);
        let told = rows.map(|(place, row)| row.told(place, &feeds)).collect();
        Ok(Some(self.tell(told)))
    }

    async fn read_list(&mut self) -> Result<()> {
        let wanted = self.asks.iter().map(|(ask, _)| ask.revision).max();
        let known = self.list.as_ref().filter(|list| !list.outdated);
        if known.is_some_and(|list| wanted.is_none_or(|wanted| wanted <= list.revision)) {
            return Ok(());
        }
        let stored = watchlist::read(&self.store).await?;
        let before = self.list.take();
        let same = before
            .as_ref()
            .is_some_and(|list| list.revision == stored.revision);
        let replaced = before.as_ref().is_some_and(|list| list.replaced || !same);
        let rows = before.map_or_else(Vec::new, |list| list.rows);
        let mut rows: HashMap<String, Row> = rows
            .into_iter()
            .map(|row| (row.text().to_owned(), row))
            .collect();
        // A pair that stays keeps its figures.
        let rows = stored
            .pairs
            .into_iter()
            .map(|text| match rows.remove(&text) {
                Some(row) => row,
                None => Row::new(text),
            });
        self.list = Some(List {
            revision: stored.revision,
            rows: rows.collect(),
            replaced,
            outdated: false,
        });
        Ok(())
    }

    /// A failure is told by the age of what was read before.
    async fn read_feeds(&mut self) {
        if self
            .feeds
            .read
            .is_some_and(|read| read.elapsed() < PACE / 2)
        {
            return;
        }
        match feed_status::read(&self.store).await {
            Ok(of) => {
                self.feeds = Feeds {
                    read: Some(Instant::now()),
                    of,
                };
            }
            Err(error) => tracing::debug!(%error, "the feeds' status could not be read"),
        }
    }

    fn tell(&mut self, told: Vec<WatchlistRow>) -> Instant {
        let now = Instant::now();
        let Some(list) = &mut self.list else {
            return now;
        };
        if list.replaced {
            self.audience
                .send(&message(EventKind::Reset, list.revision, told.clone()));
            list.replaced = false;
            remember(&mut list.rows, &told);
            self.next_update = now + PACE;
        } else if self.next_update <= now {
            let changed = list
                .rows
                .iter()
                .zip(&told)
                .filter(|(row, told)| row.sent.as_ref() != Some(*told));
            let changed: Vec<WatchlistRow> = changed
                .map(|(_, told)| WatchlistRow {
                    params: None,
                    ..told.clone()
                })
                .collect();
            if !changed.is_empty() {
                self.audience
                    .send(&message(EventKind::Update, list.revision, changed));
                remember(&mut list.rows, &told);
            }
            self.next_update = now + PACE;
        }
        let unready = told.iter().any(|row| row.state == WatchlistState::Waiting);
        self.asks = std::mem::take(&mut self.asks)
            .into_iter()
            .filter_map(|(ask, until)| {
                if (unready && now < until) || list.revision < ask.revision {
                    return Some((ask, until));
                }
                let data = WatchlistData {
                    revision: list.revision,
                    rows: told.clone(),
                };
                // Whoever asked may be gone.
                let _ = ask.reply.send(data);
                None
            })
            .collect();
        if !self.waiting.is_empty() {
            if self.audience.is_empty() {
                remember(&mut list.rows, &told);
            }
            let snapshot = message(EventKind::Snapshot, list.revision, told);
            for Admission { outbox, .. } in self.waiting.drain(..) {
                if outbox.send(snapshot.clone()) {
                    self.audience.admit(outbox);
                }
            }
        }
        if self.asks.is_empty() {
            self.next_update.max(now + HASTE)
        } else {
            now + HASTE
        }
    }
}

impl Feeds {
    /// As they would be read now, had nothing been reported since.
    fn as_of_now(&self) -> Vec<StoredFeedStatus> {
        let age = self.read.map_or(Duration::ZERO, |read| read.elapsed());
        let age_ms = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        let older = |feed: &StoredFeedStatus| StoredFeedStatus {
            read_at_ms: feed.read_at_ms.saturating_add(age_ms),
            ..feed.clone()
        };
        self.of.iter().map(older).collect()
    }
}

/// Tests what is to be tested, apart from everybody who does not wait for it.
async fn test(rows: &mut [Row]) {
    let samples: Vec<(usize, Sample)> = rows
        .iter()
        .enumerate()
        .filter_map(|(place, row)| Some((place, row.sample()?)))
        .collect();
    if samples.is_empty() {
        return;
    }
    let tests = spawn_blocking(|| {
        let tests = samples.into_iter();
        tests
            .map(|(place, sample)| (place, sample.test()))
            .collect::<Vec<_>>()
    });
    for (place, tested) in tests.await.expect("tests do not panic") {
        rows[place].take(tested);
    }
}

/// Remembers what the audience has.
fn remember(rows: &mut [Row], told: &[WatchlistRow]) {
    for (row, told) in rows.iter_mut().zip(told) {
        row.sent = Some(told.clone());
    }
}

fn message(kind: EventKind, revision: i64, rows: Vec<WatchlistRow>) -> Message {
    Message::new(&StreamEvent::Watchlist {
        topic: "watchlist".to_owned(),
        kind,
        as_of: convert::now_ms(),
        data: Box::new(WatchlistData { revision, rows }),
    })
}

/// Waits until then; for ever if there is nothing to wait for.
async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
