//! From what is stored of a scan to what is sent.

use api_types::{Scan, ScanFailure, ScanPair, ScanParams, ScanState, ScanSymbol};
use store::{
    StoreError,
    jobs::{Job, JobState, scans},
};

/// A scan as it is told.
///
/// # Errors
/// [`StoreError::Corrupt`] when another version wrote what this one cannot read.
pub(crate) fn scan(job: Job) -> Result<Scan, StoreError> {
    let corrupt = |error: serde_json::Error| {
        StoreError::Corrupt(format!("job {} is no scan: {error}", job.job_id))
    };
    Ok(Scan {
        id: job.job_id,
        state: match job.state {
            JobState::Queued => ScanState::Queued,
            JobState::Running => ScanState::Running,
            JobState::Done => ScanState::Done,
            JobState::Failed => ScanState::Failed,
        },
        done: job.progress.done.unsigned_abs(),
        total: job.progress.total.unsigned_abs(),
        params: serde_json::from_value(job.params).map_err(corrupt)?,
        created_at: job.created_at_ms,
        started_at: job.started_at_ms,
        ended_at: job.ended_at_ms,
        summary: job
            .result
            .map(serde_json::from_value)
            .transpose()
            .map_err(corrupt)?,
        error: job.error,
    })
}

/// The names that positions stand for.
#[derive(Debug, Clone)]
pub(crate) struct Names(Vec<ScanSymbol>);

impl Names {
    pub(crate) fn of(params: &ScanParams) -> Self {
        Self(params.symbols.clone())
    }

    /// Positions of the symbols whose name holds this text, in any case.
    pub(crate) fn matching(&self, text: &str) -> Vec<i32> {
        let text = text.to_uppercase();
        (0..)
            .zip(&self.0)
            .filter(|(_, symbol)| symbol.symbol.to_uppercase().contains(&text))
            .map(|(position, _)| position)
            .collect()
    }

    fn at(&self, position: i32) -> (String, String) {
        let symbol = usize::try_from(position).ok().and_then(|at| self.0.get(at));
        symbol.map_or_else(Default::default, |symbol| {
            let source = symbol.source.clone().unwrap_or_else(|| "live".to_owned());
            (symbol.symbol.clone(), source)
        })
    }

    pub(crate) fn pair(&self, pair: &scans::ScanPair) -> ScanPair {
        let ((y, y_source), (x, x_source)) = (self.at(pair.y), self.at(pair.x));
        ScanPair {
            y,
            x,
            y_source,
            x_source,
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
            last_time: pair.last_ms,
            observations: pair.observations.unsigned_abs(),
            filled_share: f64::from(pair.filled) / f64::from(pair.observations.max(1)),
        }
    }

    pub(crate) fn failure(&self, failure: scans::ScanFailure) -> ScanFailure {
        ScanFailure {
            y: self.at(failure.y).0,
            x: self.at(failure.x).0,
            symbol: failure.symbol.map(|position| self.at(position).0),
            reason: failure.reason,
        }
    }
}
