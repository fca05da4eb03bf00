//! A scan that is made at once, for whoever waits for it; nothing of it is stored.

use std::sync::Arc;

use analytics::Progress;
use api_types::{ScanParams, ScanReport, ScanRequest, ScanSymbol};
use tokio::task::spawn_blocking;

use super::{
    load::{Bars, Loaded, load, nth_last_time},
    read,
    run::{compute, how},
    tell::Names,
};
use crate::{app::Shared, convert, jobs::JobError, offline::Series, problem::ApiError};

/// Tests all pairs that `request` names. `None` when it was cancelled.
pub(crate) async fn of_database(
    shared: &Shared,
    request: ScanRequest,
    progress: Arc<Progress>,
) -> Result<Option<ScanReport>, JobError> {
    let params = read::read(shared, request).await?;
    let loaded = load(shared, &params).await?;
    let computed = spawn_blocking(move || report(params, &loaded, &progress)).await;
    let computed =
        computed.map_err(|_| JobError::Told("the tests did not come to an end".to_owned()))?;
    Ok(computed?)
}

/// Tests all pairs of `series`. `None` when it was cancelled.
pub(crate) fn of_series(
    request: ScanRequest,
    series: &[Series],
    progress: &Progress,
) -> Result<Option<ScanReport>, ApiError> {
    let symbols = series.iter().map(|one| ScanSymbol {
        symbol: one.name.clone(),
        source: Some(one.source.clone()),
    });
    let most = series.iter().map(|one| one.times_ms.len()).max();
    let params = read::of_series(request, symbols.collect(), most.unwrap_or_default())?;
    let last_ms = params.end_time.unwrap_or(i64::MAX);
    let bars = series.iter().map(|one| {
        let end = one.times_ms.partition_point(|time_ms| *time_ms <= last_ms);
        Bars {
            times_ms: one.times_ms[..end].to_vec(),
            closes: one.closes[..end].to_vec(),
        }
    });
    let bars: Vec<Bars> = bars.collect();
    let from_ms = params.start_time.unwrap_or_else(|| {
        let limit = params.limit.unwrap_or(u32::MAX);
        nth_last_time(&bars, limit as usize)
    });
    report(params, &Loaded { bars, from_ms }, progress)
}

fn report(
    params: ScanParams,
    loaded: &Loaded,
    progress: &Progress,
) -> Result<Option<ScanReport>, ApiError> {
    let how = how(&params).map_err(|error| ApiError::Internal(error.to_string()))?;
    let Some((summary, pairs, failures)) = compute(loaded, how, progress) else {
        return Ok(None);
    };
    let names = Names::of(&params);
    Ok(Some(ScanReport {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        params,
        summary,
        pairs: pairs.iter().map(|pair| names.pair(pair)).collect(),
        failures: failures.into_iter().map(|f| names.failure(f)).collect(),
    }))
}
