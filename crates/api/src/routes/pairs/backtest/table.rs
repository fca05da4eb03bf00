//! Trades or bars as a table.

use std::{fmt, str::FromStr};

use api_types::BacktestData;
use axum::response::Response;

use crate::{backtest::BacktestSpec, csv, problem::ApiError};

/// What `table` can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Table {
    #[default]
    Trades,
    Series,
}

impl FromStr for Table {
    type Err = BadTable;

    fn from_str(text: &str) -> Result<Self, BadTable> {
        match text {
            "trades" => Ok(Self::Trades),
            "series" => Ok(Self::Series),
            _ => Err(BadTable),
        }
    }
}

/// No table.
#[derive(Debug)]
pub(super) struct BadTable;

impl fmt::Display for BadTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is no table; trades and series are allowed")
    }
}

const TRADES: [&str; 19] = [
    "part",
    "side",
    "entryTime",
    "exitTime",
    "entryZ",
    "beta",
    "quantityY",
    "quantityX",
    "entryY",
    "entryX",
    "exitY",
    "exitX",
    "barsHeld",
    "exitReason",
    "gross",
    "fees",
    "slippage",
    "funding",
    "net",
];
const SERIES: [&str; 6] = ["time", "z", "beta", "equity", "drawdown", "position"];

/// A row a trade or a bar, with the names of the JSON answer; named after legs and interval.
pub(super) async fn download(
    spec: &BacktestSpec,
    found: BacktestData,
    table: Table,
) -> Result<Response, ApiError> {
    let pair = &spec.pair;
    let (y, x) = (pair.y.short_name(), pair.x.short_name());
    let name = format!("{y}_{x}_{}_backtest", pair.interval);
    match table {
        Table::Trades => trades(&format!("{name}_trades.csv"), found).await,
        Table::Series => series(&format!("{name}.csv"), found).await,
    }
}

async fn trades(name: &str, found: BacktestData) -> Result<Response, ApiError> {
    let trades = found.trades;
    let pieces = csv::rows(trades.len(), move |index, row| {
        let trade = &trades[index];
        row.text(trade.part.map_or("", |part| part.as_str()));
        row.text(trade.side.as_str());
        row.time(trade.entry_time);
        row.time(trade.exit_time);
        for figure in [
            trade.entry_z,
            trade.beta,
            trade.quantity_y,
            trade.quantity_x,
            trade.entry_y,
            trade.entry_x,
            trade.exit_y,
            trade.exit_x,
        ] {
            row.number(figure);
        }
        row.integer(trade.bars_held.into());
        row.text(trade.exit_reason.as_str());
        for figure in [
            trade.gross,
            trade.fees,
            trade.slippage,
            trade.funding,
            trade.net,
        ] {
            row.number(figure);
        }
    });
    csv::download(name, &TRADES, pieces).await
}

async fn series(name: &str, found: BacktestData) -> Result<Response, ApiError> {
    let series = found.series;
    let pieces = csv::rows(series.time.len(), move |t, row| {
        row.time(series.time[t]);
        row.optional(series.z[t]);
        row.optional(series.beta[t]);
        row.number(series.equity[t]);
        row.number(series.drawdown[t]);
        row.text(series.position[t].map_or("flat", |side| side.as_str()));
    });
    csv::download(name, &SERIES, pieces).await
}
