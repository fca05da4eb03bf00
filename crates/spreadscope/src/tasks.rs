//! The services as tasks of this process: started, watched, stopped.

use std::{collections::HashMap, time::Duration};

use anyhow::{Context, anyhow};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// Running services by name.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    set: JoinSet<anyhow::Result<()>>,
    names: HashMap<Id, &'static str>,
}

impl Tasks {
    pub(crate) fn spawn<F>(&mut self, name: &'static str, service: F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let id = self.set.spawn(service).id();
        self.names.insert(id, name);
    }

    /// Waits for the first service that ends. None is meant to before it is told to, so this is always an error.
    pub(crate) async fn first_end(&mut self) -> anyhow::Error {
        match self.set.join_next_with_id().await {
            Some(ended) => match self.name_and_result(ended) {
                (name, Ok(())) => anyhow!("the service `{name}` ended by itself"),
                (name, Err(error)) => error.context(format!("the service `{name}` failed")),
            },
            // Nothing to watch.
            None => std::future::pending().await,
        }
    }

    /// Waits until all have ended, but not longer than `patience` nor beyond `forced`; what still runs then is aborted.
    /// Returns the first failure.
    pub(crate) async fn join(
        mut self,
        patience: Duration,
        forced: &CancellationToken,
    ) -> anyhow::Result<()> {
        let deadline = tokio::time::sleep(patience);
        tokio::pin!(deadline);
        let mut first_failure = Ok(());
        loop {
            let ended = tokio::select! {
                ended = self.set.join_next_with_id() => ended,
                () = &mut deadline => break,
                () = forced.cancelled() => break,
            };
            let Some(ended) = ended else {
                return first_failure;
            };
            let (name, result) = self.name_and_result(ended);
            tracing::debug!(event = "service_stopped", service = name);
            if first_failure.is_ok() {
                first_failure =
                    result.with_context(|| format!("the service `{name}` failed while it stopped"));
            }
        }
        let services = self.names.values().copied().collect::<Vec<_>>().join(", ");
        tracing::warn!(
            event = "services_abandoned",
            services,
            "did not stop in time"
        );
        self.set.shutdown().await;
        first_failure
    }

    fn name_and_result(
        &mut self,
        ended: Result<(Id, anyhow::Result<()>), JoinError>,
    ) -> (&'static str, anyhow::Result<()>) {
        let (id, result) = match ended {
            Ok((id, result)) => (id, result),
            Err(error) => (error.id(), Err(anyhow!("it panicked: {error}"))),
        };
        (self.names.remove(&id).unwrap_or("unknown"), result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failing_a_panicking_and_an_ending_service_are_each_named() {
        let mut tasks = Tasks::default();
        tasks.spawn("failing", async { Err(anyhow!("no ink")) });
        assert_eq!(
            format!("{:#}", tasks.first_end().await),
            "the service `failing` failed: no ink"
        );
        tasks.spawn("panicking", async { panic!("oh") });
        assert!(
            format!("{:#}", tasks.first_end().await).contains("`panicking` failed: it panicked")
        );
        tasks.spawn("ending", async { Ok(()) });
        assert!(
            tasks
                .first_end()
                .await
                .to_string()
                .contains("`ending` ended by itself")
        );
    }

    #[tokio::test]
    async fn a_service_that_does_not_stop_is_abandoned_after_its_time() {
        let mut tasks = Tasks::default();
        tasks.spawn("stuck", std::future::pending());
        tasks.spawn("obedient", async { Ok(()) });
        // Returning at all is the point: the stuck one never would.
        tasks
            .join(Duration::from_millis(50), &CancellationToken::new())
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn force_does_not_wait() {
        let mut tasks = Tasks::default();
        tasks.spawn("stuck", std::future::pending());
        let forced = CancellationToken::new();
        forced.cancel();
        tasks
            .join(Duration::from_secs(3_600), &forced)
            .await
            .unwrap();
    }
}
