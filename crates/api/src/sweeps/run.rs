//! From a job to what is stored of it.

use std::sync::Arc;

use analytics::{
    Progress,
    backtest::{Cell, Performance, Sweep, sweep},
};
use api_types::{SweepCells, SweepRequest, SweepResult};
use store::jobs::{self, Outcome};
use tokio::task::spawn_blocking;

use super::read::SweepSpec;
use crate::{
    backtest::{Fills, Payments, bars, fills, nothing, payments},
    jobs::{JobError, Task},
    pairs::{Rows, analysis, load},
    problem::ApiError,
};

/// Tries all combinations and stores what came of them.
pub(crate) async fn run(task: Task<'_>) -> Result<(), JobError> {
    let request: SweepRequest = serde_json::from_value(task.job.params.clone())
        .map_err(|_| JobError::Told("another version of the server asked for it".to_owned()))?;
    let mut spec = SweepSpec::read(&request)?;
    let (store, directory) = (&task.shared.store, &task.shared.directory);
    spec.backtest.pair = spec.backtest.pair.resolved(store, directory).await?;
    let mut rows = load::rows(task.shared, &spec.backtest.pair).await?;
    let payments = payments(task.shared, &spec.backtest, &mut rows).await?;
    let fills = fills(task.shared, &spec.backtest, &rows).await?;
    let progress = task.progress.clone();
    let computed = spawn_blocking(move || compute(&spec, &rows, &fills, &payments, &progress));
    let computed = computed
        .await
        .map_err(|_| JobError::Told("the backtests did not come to an end".to_owned()))?;
    // None was cancelled: whoever did so wants nothing stored.
    if let Some(result) = computed? {
        let outcome = Outcome::Done {
            units: i64::try_from(result.cells.window.len()).unwrap_or(i64::MAX),
            result: serde_json::to_value(result).unwrap_or_default(),
        };
        jobs::finish(store, task.lease, task.job.job_id, &outcome).await?;
    }
    Ok(())
}

fn compute(
    spec: &SweepSpec,
    rows: &Rows,
    fills: &Fills,
    payments: &Payments,
    progress: &Arc<Progress>,
) -> Result<Option<SweepResult>, ApiError> {
    let pair = &spec.backtest.pair;
    analysis::enough(pair, rows).map_err(|refusal| refusal.of(pair))?;
    let bars = bars(pair, rows, fills)?;
    let shown = rows.shown();
    let strategy = spec
        .backtest
        .strategy(&rows.times_ms[shown.clone()], payments);
    let share = spec.backtest.split.unwrap_or(0.5);
    let watch = |done: usize, total: usize| {
        if done == 0 {
            progress.begin(total);
        } else {
            progress.step();
        }
        !progress.is_cancelled()
    };
    let found = sweep(
        &bars,
        &pair.analysis(),
        &spec.grid,
        shown,
        share,
        &strategy,
        &watch,
    );
    let found = found.map_err(|error| nothing(pair, error))?;
    Ok(found.map(|found| told(spec, rows, &found)))
}

fn told(spec: &SweepSpec, rows: &Rows, found: &Sweep) -> SweepResult {
    let mut params = spec.backtest.params();
    if let Some(cell) = found.chosen.and_then(|chosen| found.cells.get(chosen)) {
        params.pair.window = count(cell.window.get());
        params.pair.entry = cell.entry;
        params.pair.exit = cell.exit;
    }
    let cells = &found.cells;
    let sharpe = |of: fn(&Cell) -> Performance| cells.iter().map(|cell| of(cell).sharpe).collect();
    let total =
        |of: fn(&Cell) -> Performance| cells.iter().map(|cell| of(cell).total_return).collect();
    let whole = |of: fn(&Cell) -> usize| cells.iter().map(|cell| count(of(cell))).collect();
    SweepResult {
        params,
        from_time: rows.times_ms[found.formation.start],
        split_time: rows.times_ms[found.trading.start],
        to_time: rows.times_ms[found.trading.end - 1],
        chosen: found.chosen.map(count),
        cells: SweepCells {
            window: whole(|cell| cell.window.get()),
            entry: cells.iter().map(|cell| cell.entry).collect(),
            exit: cells.iter().map(|cell| cell.exit).collect(),
            formation_sharpe: sharpe(|cell| cell.formation),
            formation_return: total(|cell| cell.formation),
            formation_trades: whole(|cell| cell.formation_trades),
            trading_sharpe: sharpe(|cell| cell.trading),
            trading_return: total(|cell| cell.trading),
            trading_trades: whole(|cell| cell.trading_trades),
        },
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
