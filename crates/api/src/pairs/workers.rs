//! Where analyses are computed: on threads of their own, as many at once as there are cores, so that requests
//! and streams do not wait behind them.

use std::{sync::Arc, thread::available_parallelism};

use tokio::{sync::Semaphore, task::spawn_blocking};
use tokio_util::sync::CancellationToken;

use crate::problem::ApiError;

/// Analyses that may wait for each one that runs; a call that comes after is told to come again.
const WAITING_PER_CORE: usize = 32;

/// Runs analyses. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Workers {
    /// A permit for each that runs or waits.
    places: Arc<Semaphore>,
    /// A permit for each that runs.
    cores: Arc<Semaphore>,
}

impl Default for Workers {
    fn default() -> Self {
        let cores = available_parallelism().map_or(2, usize::from);
        Self::new(cores, cores * WAITING_PER_CORE)
    }
}

impl Workers {
    fn new(cores: usize, waiting: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(cores + waiting)),
            cores: Arc::new(Semaphore::new(cores)),
        }
    }

    /// What `work` gives. When the caller goes away while it waits it is never run; while it runs, its token
    /// is cancelled.
    ///
    /// # Errors
    /// [`ApiError::Busy`] when too much is waiting already, [`ApiError::Internal`] when it panics.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&CancellationToken) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let place = self.places.clone().try_acquire_owned();
        let place = place.map_err(|_| ApiError::Busy)?;
        let closed = |_| ApiError::Internal("analyses have ended".to_owned());
        let core = self.cores.clone().acquire_owned().await.map_err(closed)?;
        let cancel = CancellationToken::new();
        let _gone = cancel.clone().drop_guard();
        // The permits are the thread's: a caller that goes away does not free the core that is still used.
        let run = spawn_blocking(move || {
            let result = work(&cancel);
            drop((place, core));
            result
        });
        run.await
            .map_err(|error| ApiError::Internal(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    };

    use super::*;

    #[tokio::test]
    async fn no_more_run_at_once_than_there_are_cores_and_what_is_too_much_is_refused() {
        let workers = Workers::new(1, 1);
        let (release, held) = mpsc::channel::<()>();
        let (started, running) = tokio::sync::oneshot::channel();
        let first = tokio::spawn({
            let workers = workers.clone();
            async move {
                let work = move |_: &CancellationToken| {
                    let _ = started.send(());
                    held.recv().is_ok()
                };
                workers.run(work).await
            }
        });
        running.await.unwrap();
        let mut second = Box::pin(workers.run(|_| 2));
        assert!(futures::poll!(&mut second).is_pending());
        assert!(matches!(workers.run(|_| 3).await, Err(ApiError::Busy)));
        release.send(()).unwrap();
        assert!(first.await.unwrap().unwrap());
        assert_eq!(second.await.unwrap(), 2);
    }

    #[tokio::test]
    async fn who_goes_away_is_computed_for_no_longer_and_leaves_no_work_behind() {
        let workers = Workers::new(1, 2);
        let runs = Arc::new(AtomicUsize::new(0));
        let (started, mut running) = tokio::sync::mpsc::unbounded_channel();
        let (told, cancelled) = tokio::sync::oneshot::channel();
        let mut gone = Box::pin(workers.run(move |cancel| {
            let _ = started.send(());
            while !cancel.is_cancelled() {
                std::thread::yield_now();
            }
            let _ = told.send(());
        }));
        assert!(futures::poll!(&mut gone).is_pending());
        running.recv().await.unwrap();
        let counted = runs.clone();
        let mut waiting = Box::pin(workers.run(move |_| counted.fetch_add(1, Ordering::SeqCst)));
        assert!(futures::poll!(&mut waiting).is_pending());
        drop(waiting);
        drop(gone);
        cancelled.await.unwrap();
        assert_eq!(workers.run(|_| 7).await.unwrap(), 7);
        assert_eq!(runs.load(Ordering::SeqCst), 0);
        assert_eq!(workers.places.available_permits(), 3);
    }
}
