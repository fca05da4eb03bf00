//! The process's Prometheus registry.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// Seconds; wide enough for a refresh cycle, fine enough for a database round trip.
const DURATION_BUCKETS_S: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Installs the recorder behind the `metrics` macros and returns the handle that renders it.
///
/// There is one a process, however many services run in it.
pub fn handle() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            PrometheusBuilder::new()
                .set_buckets(&DURATION_BUCKETS_S)
                .expect("the list of buckets is not empty")
                .install_recorder()
                .expect("no other recorder is installed in this process")
        })
        .clone()
}
