//! What all parts of a running simulator share.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::AtomicBool},
};

use tokio_util::sync::CancellationToken;

use crate::{
    Series, SimConfig, clock::Clock, faults::Book, rest::Limits, stream::Hub, truth::Truth,
};

/// The simulator's state; cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) config: SimConfig,
    pub(crate) series: Arc<dyn Series>,
    /// Position of each symbol in the series.
    pub(crate) symbols: HashMap<String, usize>,
    pub(crate) clock: Clock,
    pub(crate) book: Book,
    pub(crate) hub: Hub,
    pub(crate) limits: Limits,
    pub(crate) truth: Truth,
    /// Whether exchange time stands still until somebody subscribes.
    pub(crate) waiting: AtomicBool,
    /// Cancelled when the simulator stops.
    pub(crate) stopping: CancellationToken,
}

impl App {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// Prints what was traded while it ran, whatever the faults made of it.
    pub(crate) fn tell_truth(&self) {
        for (symbol, spec) in self.series.specs().iter().enumerate() {
            let (first_id, next_id) = self.truth.ids(symbol);
            let trades = next_id - first_id;
            tracing::info!(event = "ground_truth", symbol = %spec.name, first_id, next_id, trades);
        }
        for fault in self.book.shown() {
            tracing::info!(event = "fault_struck", ?fault);
        }
    }
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
