//! The sessions of this process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use market::{Instrument, Interval};
use store::{SymbolId, symbols::SymbolInfo};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Shelf,
    session::{Follower, Shared, Worker},
};
use crate::{
    pairs::{Leg, Level, PairSpec},
    problem::ApiError,
    resolve::Directory,
};

/// Most sessions at once.
const MOST: usize = 500;
/// Most bars that a session shows; ten times as many can be asked for once.
const MOST_BARS: u32 = 10_000;

/// Finds and starts sessions. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Sessions(Arc<Inner>);

/// What two specs have in common that one session serves: the numbers, and not how they are shown.
type Key = (PairSpec, [SymbolId; 2]);

#[derive(Debug)]
struct Inner {
    directory: Directory,
    shelf: Shelf,
    coalesce: Duration,
    sessions: Mutex<HashMap<Key, Arc<Shared>>>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

impl Sessions {
    /// `coalesce`: provisional points follow each other no faster. Tasks are tracked by `tasks` and end with
    /// `shutdown`.
    pub(crate) fn new(
        directory: Directory,
        shelf: Shelf,
        coalesce: Duration,
        tasks: TaskTracker,
        shutdown: CancellationToken,
    ) -> Self {
        Self(Arc::new(Inner {
            directory,
            shelf,
            coalesce,
            sessions: Mutex::default(),
            tasks,
            shutdown,
        }))
    }

    /// Whether a spec is of something that can be followed.
    ///
    /// # Errors
    /// [`ApiError::BadParameters`], as [`follow`](Self::follow).
    pub(crate) fn check(spec: &PairSpec) -> Result<(), ApiError> {
        followable(spec).map(drop)
    }

    /// Follows the analysis that `spec` asks for, together with everybody who asks for the same. The first
    /// state says [`Loading`](super::Condition::Loading).
    ///
    /// # Errors
    /// [`ApiError::BadParameters`] for what cannot be followed (datasets, a fixed range, more than 10,000
    /// bars), [`ApiError::UnknownSymbol`], [`ApiError::TooManySessions`], and those of the database.
    pub(crate) async fn follow(&self, spec: &PairSpec) -> Result<Follower, ApiError> {
        let (interval, [y, x]) = followable(spec)?;
        let directory = &self.0.directory;
        let legs = [directory.resolve(y).await?, directory.resolve(x).await?];
        self.join(spec, interval, &legs)
    }

    fn join(
        &self,
        spec: &PairSpec,
        interval: Interval,
        legs: &[SymbolInfo; 2],
    ) -> Result<Follower, ApiError> {
        let inner = &self.0;
        let key = (bare(spec, legs), legs.each_ref().map(|info| info.symbol_id));
        let mut all = inner
            .sessions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = all.get(&key) {
            let states = shared.states.subscribe();
            shared.joined.notify_one();
            return Ok(follower(states));
        }
        if all.len() >= MOST {
            return Err(ApiError::TooManySessions(MOST));
        }
        let legs = legs
            .each_ref()
            .map(|info| inner.shelf.series(info, interval));
        let shared = Arc::new(Shared::new(&legs[0], &legs[1]));
        let states = shared.states.subscribe();
        all.insert(key.clone(), shared.clone());
        metrics::gauge!("api_sessions").set(all.len() as f64);
        let worker = Worker::new(
            key.0.clone(),
            interval,
            legs,
            shared.clone(),
            inner.coalesce,
        );
        let sessions = self.clone();
        let run = async move {
            worker.run(|| sessions.drop_unused(&key, &shared)).await;
        };
        inner
            .tasks
            .spawn(inner.shutdown.clone().run_until_cancelled_owned(run));
        Ok(follower(states))
    }

    /// Takes a session out, unless somebody follows it.
    fn drop_unused(&self, key: &Key, shared: &Shared) -> bool {
        let mut all = self
            .0
            .sessions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let unused = shared.states.receiver_count() == 0;
        if unused {
            all.remove(key);
            metrics::gauge!("api_sessions").set(all.len() as f64);
        }
        unused
    }
}

fn follower(mut states: tokio::sync::watch::Receiver<Arc<super::SessionState>>) -> Follower {
    // Whoever comes has seen nothing yet.
    states.mark_changed();
    Follower { states }
}

/// The interval and the markets of what can be followed.
fn followable(spec: &PairSpec) -> Result<(Interval, [&Instrument; 2]), ApiError> {
    let bad = |field: &str, detail: &str| Err(ApiError::bad_parameter(field, detail));
    let (Leg::Live(y), Leg::Live(x)) = (&spec.y, &spec.x) else {
        return bad(
            "source",
            "only live markets can be followed; a dataset does not change, so ask /pairs/analytics",
        );
    };
    if spec.start_ms.is_some() || spec.end_ms.is_some() {
        return bad(
            "startTime",
            "what is followed ends now and shows the last `limit` bars; startTime and endTime are for \
             /pairs/analytics",
        );
    }
    if spec.limit > MOST_BARS {
        return bad("limit", "at most 10000 bars can be followed");
    }
    if let Some((_, None)) = super::run::in_sample(spec) {
        return bad(
            "fitTime",
            "is missing: with fit=in_sample the coefficients stay as they are until you fit again, so give the \
             time of the last bar of the fit",
        );
    }
    let Some(interval) = spec.interval.as_interval() else {
        return bad(
            "interval",
            "live markets have 1s, 1m, 5m, 15m, 1h, 4h and 1d",
        );
    };
    Ok((crate::convert::market_interval(interval), [y, x]))
}

/// The spec without what concerns only how figures are shown.
fn bare(spec: &PairSpec, legs: &[SymbolInfo; 2]) -> PairSpec {
    let [y, x] = legs.each_ref().map(|info| {
        Leg::Live(Instrument {
            venue: Some(info.venue),
            symbol: info.spec.symbol.clone(),
        })
    });
    let level = |value| Level::new(value).expect("finite and not negative");
    PairSpec {
        y,
        x,
        entry: level(2.0),
        exit: level(0.5),
        stop: None,
        points: None,
        open: true,
        lines: false,
        stability: None,
        ..spec.clone()
    }
}
