//! From a job to what is stored of its pairs.

use std::{num::NonZeroUsize, thread::available_parallelism, time::Instant};

use analytics::{
    Lookback, Progress, Window,
    align::{Closes, Join},
    scan::{self, Scan},
};
use api_types::{ScanParams, ScanSummary};
use store::jobs::scans::{self, ScanFailure, ScanPair};
use tokio::task::spawn_blocking;

use super::load::{Loaded, load};
use crate::jobs::{JobError, Task};

/// What is believed.
const LEVEL: f64 = 0.05;

/// Tests all pairs and stores what came of it.
pub(crate) async fn run(task: Task<'_>) -> Result<(), JobError> {
    let params: ScanParams = serde_json::from_value(task.job.params.clone())
        .map_err(|_| JobError::Told("another version of the server asked for it".to_owned()))?;
    let how = how(&params).map_err(|error| JobError::Told(error.to_string()))?;
    let loaded = load(task.shared, &params).await?;
    let progress = task.progress.clone();
    let computed = spawn_blocking(move || compute(&loaded, how, &progress));
    let computed = computed
        .await
        .map_err(|_| JobError::Told("the tests did not come to an end".to_owned()))?;
    let Some((summary, pairs, failures)) = computed else {
        // It was cancelled: whoever did so wants nothing stored.
        return Ok(());
    };
    let summary = serde_json::to_value(summary).unwrap_or_default();
    let (store, job_id) = (&task.shared.store, task.job.job_id);
    scans::finish(store, task.lease, job_id, summary, &pairs, &failures).await?;
    Ok(())
}

/// How pairs are tested; the range is still to come.
pub(super) fn how(params: &ScanParams) -> Result<scan::ScanParams, analytics::Error> {
    Ok(scan::ScanParams {
        join: Join {
            bucket_ms: params.interval.ms(),
            max_fill: params.max_fill,
        },
        lookback: Lookback::new(params.lookback as usize)?,
        window: Window::new(params.window as usize)?,
        ..scan::ScanParams::of_bars(params.interval.ms())
    })
}

pub(super) type Computed = (ScanSummary, Vec<ScanPair>, Vec<ScanFailure>);

/// `None` when it was cancelled.
pub(super) fn compute(
    loaded: &Loaded,
    how: scan::ScanParams,
    progress: &Progress,
) -> Option<Computed> {
    let symbols: Vec<Closes<'_>> = loaded
        .bars
        .iter()
        .map(|bars| Closes {
            times_ms: &bars.times_ms,
            closes: &bars.closes,
        })
        .collect();
    let how = scan::ScanParams {
        from_ms: loaded.from_ms,
        ..how
    };
    let threads = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let begun = Instant::now();
    let found = scan::scan(&symbols, &how, threads, progress)?;
    let computed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let tested = symbols.iter().flat_map(|symbol| {
        let first = symbol.times_ms.partition_point(|&t| t < loaded.from_ms);
        let tested = &symbol.times_ms[first..];
        tested.first().copied().zip(tested.last().copied())
    });
    let summary = ScanSummary {
        pairs: found.pairs.len() as u64,
        failures: found.failures.len() as u64,
        below_five_percent: count(&found, |pair| pair.p_pair < LEVEL),
        discoveries: count(&found, |pair| pair.q <= LEVEL),
        start_time: tested.clone().map(|(first, _)| first).min(),
        end_time: tested.map(|(_, last)| last).max(),
        computed_ms,
    };
    let (pairs, failures) = rows(&found);
    Some((summary, pairs, failures))
}

fn count(found: &Scan, is: impl Fn(&scan::PairFigures) -> bool) -> u64 {
    found.pairs.iter().filter(|pair| is(pair)).count() as u64
}

fn rows(found: &Scan) -> (Vec<ScanPair>, Vec<ScanFailure>) {
    let whole = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let pair = |(place, pair): (i32, &scan::PairFigures)| ScanPair {
        place,
        y: whole(pair.y),
        x: whole(pair.x),
        p_y_on_x: pair.p_y_on_x,
        p_x_on_y: pair.p_x_on_y,
        p_pair: pair.p_pair,
        q: pair.q,
        statistic: pair.statistic,
        beta: pair.beta,
        half_life_bars: pair.half_life_bars,
        hurst: pair.hurst,
        correlation: pair.correlation,
        z: pair.z,
        last_ms: pair.last_ms,
        observations: whole(pair.observations),
        filled: whole(pair.filled),
    };
    let failure = |failure: &scan::Failure| ScanFailure {
        y: whole(failure.y),
        x: whole(failure.x),
        symbol: failure.symbol.map(whole),
        reason: failure.error.to_string(),
    };
    (
        (0..).zip(&found.pairs).map(pair).collect(),
        found.failures.iter().map(failure).collect(),
    )
}
