//! From rows to the answer, without I/O.

use analytics::{
    Error,
    backtest::{self, Backtest, Bars, Exit, LegPrices, Signals, Trade},
};
use api_types::{
    BacktestColumns, BacktestData, BacktestSummary, BacktestTrade, ExitReason, RangePart,
    SpreadSide,
};

use super::{BacktestSpec, Fills, Payments};
use crate::{
    pairs::{PairSpec, Rows, analysis},
    problem::ApiError,
};

/// Trades `spec` over the shown rows; those of the warm-up serve the signals.
///
/// # Errors
/// [`ApiError::TooFewBars`]; [`ApiError::NoBacktest`] where nothing can be fitted.
pub(crate) fn answer(
    spec: &BacktestSpec,
    rows: &Rows,
    fills: &Fills,
    payments: &Payments,
) -> Result<BacktestData, ApiError> {
    let pair = &spec.pair;
    analysis::enough(pair, rows).map_err(|refusal| refusal.of(pair))?;
    let shown = rows.shown();
    let bars = bars(pair, rows, fills)?;
    let signals = Signals::of(&bars, &pair.analysis()).map_err(|error| nothing(pair, error))?;
    let strategy = spec.strategy(&rows.times_ms[shown.clone()], payments);
    let (formation, trading) = match spec.split {
        Some(share) => {
            let split = backtest::backtest_split(&bars, &signals, shown, share, &strategy);
            let split = split.map_err(|error| nothing(pair, error))?;
            (Some(split.formation), split.trading)
        }
        None => {
            let whole = backtest::backtest(&bars, &signals, shown, &strategy);
            (None, whole.map_err(|error| nothing(pair, error))?)
        }
    };
    let mut series = BacktestColumns::default();
    let mut trades = Vec::new();
    let is_split = formation.is_some();
    if let Some(formation) = &formation {
        extend(&mut series, rows, &signals, formation);
        let part = Some(RangePart::Formation);
        trades.extend(formation.trades.iter().map(|trade| told(rows, trade, part)));
    }
    extend(&mut series, rows, &signals, &trading);
    let part = is_split.then_some(RangePart::Trading);
    trades.extend(trading.trades.iter().map(|trade| told(rows, trade, part)));
    Ok(BacktestData {
        alignment: rows.alignment,
        bars_per_year: strategy.bars_per_year,
        summary: summary(rows, &trading),
        formation: formation.as_ref().map(|part| summary(rows, part)),
        split_time: is_split.then(|| rows.times_ms[trading.range.start]),
        series,
        trades,
        warnings: analysis::filled(&rows.alignment)
            .into_iter()
            .chain(payments.warning.clone())
            .collect(),
    })
}

/// The closed rows with the prices that orders are filled at.
///
/// # Errors
/// [`ApiError::NoBacktest`] for a price that is none.
pub(crate) fn bars<'a>(
    pair: &PairSpec,
    rows: &'a Rows,
    fills: &'a Fills,
) -> Result<Bars<'a>, ApiError> {
    let closed = ..rows.closed;
    let leg = |open, close| LegPrices { open, close };
    let bars = Bars::new(
        &rows.times_ms[closed],
        pair.interval.ms(),
        leg(&fills.y[closed], &rows.y[closed]),
        leg(&fills.x[closed], &rows.x[closed]),
    );
    bars.map_err(|error| nothing(pair, error))
}

/// Why these legs cannot be traded.
pub(crate) fn nothing(pair: &PairSpec, error: Error) -> ApiError {
    let (y, x) = (pair.y.name(), pair.x.name());
    ApiError::NoBacktest(format!("{y} and {x} cannot be traded: {error}"))
}

fn summary(rows: &Rows, found: &Backtest) -> BacktestSummary {
    let figures = &found.performance;
    BacktestSummary {
        from_time: rows.times_ms[found.range.start],
        to_time: rows.times_ms[found.range.end - 1],
        bars: count(found.range.len()),
        trades: count(found.trades.len()),
        total_return: figures.total_return,
        sharpe: figures.sharpe,
        max_drawdown: figures.max_drawdown,
        win_rate: figures.win_rate,
        turnover: figures.turnover,
        exposure: figures.exposure,
        gross: figures.gross,
        fees: figures.fees,
        slippage: figures.slippage,
        funding: figures.funding,
        net: figures.net,
    }
}

fn extend(series: &mut BacktestColumns, rows: &Rows, signals: &Signals, found: &Backtest) {
    let range = found.range.clone();
    series.time.extend(&rows.times_ms[range.clone()]);
    series.z.extend(&signals.z()[range.clone()]);
    series.beta.extend(&signals.beta()[range]);
    series.equity.extend(&found.equity);
    series.drawdown.extend(&found.drawdown);
    let sides = found.position.iter().map(|position| position.map(side));
    series.position.extend(sides);
}

fn told(rows: &Rows, trade: &Trade, part: Option<RangePart>) -> BacktestTrade {
    BacktestTrade {
        part,
        side: side(trade.side),
        beta: trade.beta,
        entry_z: trade.entry_z,
        entry_time: rows.times_ms[trade.entry_bar],
        exit_time: rows.times_ms[trade.exit_bar],
        entry_y: trade.entry_prices.0,
        entry_x: trade.entry_prices.1,
        exit_y: trade.exit_prices.0,
        exit_x: trade.exit_prices.1,
        quantity_y: trade.quantity_y,
        quantity_x: trade.quantity_x,
        bars_held: count(trade.bars_held),
        exit_reason: match trade.exit {
            Exit::Reverted => ExitReason::Reverted,
            Exit::Stopped => ExitReason::Stopped,
            Exit::TimedOut => ExitReason::TimedOut,
            Exit::End => ExitReason::End,
        },
        gross: trade.gross,
        fees: trade.fees,
        slippage: trade.slippage,
        funding: trade.funding,
        net: trade.net(),
    }
}

fn side(side: backtest::Side) -> SpreadSide {
    match side {
        backtest::Side::LongSpread => SpreadSide::Long,
        backtest::Side::ShortSpread => SpreadSide::Short,
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
