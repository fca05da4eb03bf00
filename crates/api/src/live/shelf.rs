//! The series of this process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use market::Interval;
use store::{Store, SymbolId, symbols::SymbolInfo};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::Series;
use crate::hub::pump::Pulse;

/// A series that nobody has asked for between two looks is dropped.
const LOOK_PAUSE: Duration = Duration::from_secs(60);

/// Finds and starts series. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Shelf(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    pulse: Arc<Pulse>,
    coalesce: Duration,
    series: Mutex<HashMap<(SymbolId, Interval), Arc<Series>>>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

impl Shelf {
    /// `coalesce`: changes of so long are read together. Tasks are tracked by `tasks` and end with `shutdown`.
    pub(crate) fn new(
        store: Store,
        pulse: Arc<Pulse>,
        coalesce: Duration,
        tasks: TaskTracker,
        shutdown: CancellationToken,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            pulse,
            coalesce,
            series: Mutex::default(),
            tasks,
            shutdown,
        }))
    }

    /// The series of a symbol, shared with everybody who asks for the same. There are no more of them than
    /// symbols and intervals.
    pub(crate) fn series(&self, symbol: &SymbolInfo, interval: Interval) -> Arc<Series> {
        let inner = &self.0;
        let key = (symbol.symbol_id, interval);
        let mut all = inner.series.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = all.get(&key) {
            return series.clone();
        }
        let (store, pulse) = (inner.store.clone(), inner.pulse.clone());
        let series = Arc::new(Series::new(store, pulse, symbol.clone(), interval));
        all.insert(key, series.clone());
        let (shelf, kept) = (self.clone(), series.clone());
        let run = async move {
            let unused = || shelf.drop_unused(key, &kept);
            kept.run(shelf.0.coalesce, LOOK_PAUSE, unused).await;
        };
        inner
            .tasks
            .spawn(inner.shutdown.clone().run_until_cancelled_owned(run));
        series
    }

    /// Takes a series off the shelf, unless somebody has it.
    fn drop_unused(&self, key: (SymbolId, Interval), series: &Arc<Series>) -> bool {
        let mut all = self.0.series.lock().unwrap_or_else(PoisonError::into_inner);
        // One is here, one is the task's.
        let unused = Arc::strong_count(series) <= 2;
        if unused {
            all.remove(&key);
        }
        unused
    }
}
