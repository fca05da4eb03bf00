//! Signals: the first one stops, the second one hurries.

use std::{
    io,
    time::{Duration, Instant},
};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What the services get to write what they hold and to close their connections.
pub const SERVICES_PATIENCE: Duration = Duration::from_millis(5_500);
/// What the database then gets for an orderly shutdown; with an immediate one after it, all fits into ten seconds.
pub const DATABASE_PATIENCE: Duration = Duration::from_millis(2_500);

/// Signals this close to the first are part of it: some senders tell the process and its group.
const ONE_REQUEST: Duration = Duration::from_millis(250);

/// How far stopping has come.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// Cancelled by the first signal, or when a service fails.
    pub wanted: CancellationToken,
    /// Cancelled by the second signal: nothing is waited for any more.
    pub forced: CancellationToken,
}

impl Stop {
    /// Both tokens, tied to SIGINT (Ctrl-C) and SIGTERM.
    ///
    /// # Errors
    /// When the signal handlers cannot be installed.
    pub fn on_signals() -> io::Result<Self> {
        let stop = Self::default();
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        // A closed terminal ends its programs; ours stop in order. `nohup` asks to live on.
        let mut hang_up = if hang_up_is_ignored() {
            None
        } else {
            Some(signal(SignalKind::hangup())?)
        };
        tokio::spawn({
            let stop = stop.clone();
            async move {
                let mut first_at: Option<Instant> = None;
                loop {
                    let hung_up = async {
                        match &mut hang_up {
                            Some(hang_up) => hang_up.recv().await,
                            None => std::future::pending().await,
                        }
                    };
                    let name = tokio::select! {
                        _ = terminate.recv() => "SIGTERM",
                        _ = interrupt.recv() => "SIGINT",
                        _ = hung_up => "SIGHUP",
                    };
                    let again = first_at.get_or_insert_with(Instant::now).elapsed() >= ONE_REQUEST;
                    if again && name != "SIGHUP" {
                        tracing::warn!(event = "stopping_at_once", signal = name);
                        stop.forced.cancel();
                    } else if !stop.wanted.is_cancelled() {
                        tracing::info!(
                            event = "stopping",
                            signal = name,
                            "once more to stop at once"
                        );
                        stop.wanted.cancel();
                    }
                }
            }
        });
        Ok(stop)
    }
}

/// Whether whoever started us set SIGHUP to be ignored.
fn hang_up_is_ignored() -> bool {
    const SIGHUP_BIT: u64 = 1;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & SIGHUP_BIT != 0)
}
