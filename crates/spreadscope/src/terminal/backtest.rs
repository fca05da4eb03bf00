//! `spreadscope backtest`

use api_types::{BacktestResponse, BacktestSummary, BacktestTrade, FundingFrom};
use clap::Args;

use super::{
    pair::{PairArgs, given},
    print, print_json,
    table::{columns, number, percent, time},
};

/// Settings of `backtest`.
#[derive(Debug, Clone, Args)]
pub struct BacktestArgs {
    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would replace that of the flattened flags"
    )]
    pub pair: PairArgs,

    /// beta_neutral or dollar_neutral [default: beta_neutral].
    #[arg(long)]
    pub sizing: Option<String>,

    /// At which price of the bar after the signal orders are filled: open or close [default: open].
    #[arg(long)]
    pub fill: Option<String>,

    /// Fee, basis points of the notional of each leg and fill [default: 5].
    #[arg(long)]
    pub fee_bps: Option<String>,

    /// Slippage, likewise [default: 1].
    #[arg(long)]
    pub slippage_bps: Option<String>,

    /// given (by --funding-bps-8h), or exchange: what its contracts paid, of the feed alone [default: given].
    #[arg(long)]
    pub funding: Option<String>,

    /// What longs pay to shorts in eight hours, basis points [default: 0].
    #[arg(long, allow_negative_numbers = true)]
    pub funding_bps_8h: Option<String>,

    /// Equity at the start, and gross of every position [default: 100000].
    #[arg(long)]
    pub capital: Option<String>,

    /// Bars after which a position is left [default: never].
    #[arg(long)]
    pub time_stop: Option<String>,

    /// Share of the bars that is the formation part; the headline is the rest.
    #[arg(long)]
    pub split: Option<String>,

    /// The trades, too.
    #[arg(long)]
    pub trades: bool,
}

pub(crate) async fn run(arguments: &BacktestArgs) -> anyhow::Result<()> {
    let own = given(&[
        ("sizing", &arguments.sizing),
        ("fill", &arguments.fill),
        ("feeBps", &arguments.fee_bps),
        ("slippageBps", &arguments.slippage_bps),
        ("funding", &arguments.funding),
        ("fundingBps8h", &arguments.funding_bps_8h),
        ("capital", &arguments.capital),
        ("timeStop", &arguments.time_stop),
        ("split", &arguments.split),
    ]);
    let path = "/api/v1/pairs/backtest";
    let answer = arguments
        .pair
        .ask(path, own, api::offline::backtest)
        .await?;
    if arguments.pair.json {
        return print_json(&answer);
    }
    print(&shown(&answer, arguments.trades))
}

fn shown(answer: &BacktestResponse, with_trades: bool) -> String {
    let (params, found) = (&answer.params, &answer.backtest);
    let mut parts = Vec::new();
    if let Some(formation) = &found.formation {
        parts.push(("formation", formation));
    }
    let headline = if parts.is_empty() { "all" } else { "trading" };
    parts.push((headline, &found.summary));
    let header: Vec<&str> = ["part"]
        .into_iter()
        .chain(parts.iter().map(|part| part.0))
        .collect();
    let row = |name: &str, figure: &dyn Fn(&BacktestSummary) -> String| -> Vec<String> {
        let figures = parts.iter().map(|(_, summary)| figure(summary));
        [name.to_owned()].into_iter().chain(figures).collect()
    };
    let rows = [
        row("from", &|s| time(s.from_time)),
        row("to", &|s| time(s.to_time)),
        row("bars", &|s| s.bars.to_string()),
        row("trades", &|s| s.trades.to_string()),
        row("total return", &|s| percent(s.total_return)),
        row("Sharpe ratio a year", &|s| number(s.sharpe, 2)),
        row("greatest drawdown", &|s| percent(s.max_drawdown)),
        row("trades won", &|s| percent(s.win_rate)),
        row("time in the market", &|s| percent(s.exposure)),
        row("turnover, times capital", &|s| number(s.turnover, 1)),
        row("gross", &|s| number(s.gross, 2)),
        row("fees", &|s| number(s.fees, 2)),
        row("slippage", &|s| number(s.slippage, 2)),
        row("funding", &|s| number(s.funding, 2)),
        row("net", &|s| number(s.net, 2)),
    ];
    let stop = params
        .pair
        .stop
        .map_or(String::new(), |stop| format!(", stop {stop}"));
    let funding = match params.funding {
        FundingFrom::Given => format!(
            "{} / {} bp in 8 h",
            params.y_funding_bps_8h, params.x_funding_bps_8h
        ),
        FundingFrom::Exchange => "as the exchange paid it".to_owned(),
    };
    let mut text = format!(
        "{} on {} ({}, {}, {}): entry {}, exit {}{stop}; fee {} bp, slippage {} bp, funding {funding}\n{}",
        params.pair.y,
        params.pair.x,
        params.pair.interval,
        params.pair.model,
        params.pair.transform,
        params.pair.entry,
        params.pair.exit,
        params.fee_bps,
        params.slippage_bps,
        columns(&header, &rows, 1)
    );
    if with_trades {
        text += &format!("\n{}", trades(&found.trades));
    }
    for warning in &found.warnings {
        text += &format!("\nwarning: {}", warning.detail);
    }
    text
}

fn trades(trades: &[BacktestTrade]) -> String {
    let header = [
        "side", "entered", "left", "why", "bars", "β", "z", "gross", "costs", "funding", "net",
    ];
    let row = |trade: &BacktestTrade| {
        vec![
            trade.side.to_string(),
            time(trade.entry_time),
            time(trade.exit_time),
            trade.exit_reason.to_string(),
            trade.bars_held.to_string(),
            number(trade.beta, 4),
            number(trade.entry_z, 2),
            number(trade.gross, 2),
            number(trade.fees + trade.slippage, 2),
            number(trade.funding, 2),
            number(trade.net, 2),
        ]
    };
    let rows: Vec<Vec<String>> = trades.iter().map(row).collect();
    columns(&header, &rows, 4)
}
