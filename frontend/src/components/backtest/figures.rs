//! A backtest in a few figures: what counts, and beside it the part that does not.

use api_types::BacktestSummary;
use leptos::prelude::*;

use crate::{model::format, stores::Stores};

type Figure = (&'static str, &'static str, fn(&BacktestSummary) -> String);

/// Name for tests, name for readers, and the figure.
const FIGURES: [Figure; 14] = [
    ("return", "Total return", |s| percent(Some(s.total_return))),
    ("sharpe", "Sharpe ratio, annualised", |s| {
        number(s.sharpe, 2)
    }),
    ("max-drawdown", "Maximum drawdown", |s| {
        percent(Some(s.max_drawdown))
    }),
    ("trades", "Trades", |s| format::count(i64::from(s.trades))),
    ("win-rate", "Win rate", |s| percent(s.win_rate)),
    ("exposure", "Exposure", |s| percent(Some(s.exposure))),
    ("turnover", "Turnover, × capital", |s| {
        number(Some(s.turnover), 1)
    }),
    ("gross", "Gross", |s| number(Some(s.gross), 2)),
    ("fees", "Fees", |s| number(Some(s.fees), 2)),
    ("slippage", "Slippage", |s| number(Some(s.slippage), 2)),
    ("funding", "Funding", |s| number(Some(s.funding), 2)),
    ("net", "Net", |s| number(Some(s.net), 2)),
    ("bars", "Bars", |s| format::count(i64::from(s.bars))),
    ("cost-share", "Costs of gross", |s| {
        let costs = s.fees + s.slippage + s.funding;
        percent((s.gross > 0.0).then_some(costs / s.gross))
    }),
];

fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(
        || format::UNKNOWN.to_owned(),
        |value| format::price(value, decimals),
    )
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(
        || format::UNKNOWN.to_owned(),
        |share| format!("{} %", format::price(100.0 * share, 2)),
    )
}

/// Of all bars, or with a split of the trading part with the formation part beside it.
#[component]
pub(super) fn Figures() -> impl IntoView {
    let stores = Stores::from_context();
    let parts = Memo::new(move |_| {
        let found = stores.backtest.found.get()?;
        let data = &found.answer.backtest;
        Some((data.summary, data.formation))
    });
    let is_split =
        Memo::new(move |_| parts.with(|parts| parts.is_some_and(|parts| parts.1.is_some())));
    let cell = move |figure: fn(&BacktestSummary) -> String, is_headline: bool| {
        parts.with(|parts| {
            let (headline, formation) = (*parts)?;
            if is_headline {
                Some(figure(&headline))
            } else {
                formation.map(|formation| figure(&formation))
            }
        })
    };
    let row = move |(testid, name, figure): Figure| {
        view! {
            <tr>
                <th scope="row" class="words">{name}</th>
                <td class="num" data-testid=format!("backtest-{testid}")>{move || cell(figure, true)}</td>
                <Show when=move || is_split.get()>
                    <td class="num">{move || cell(figure, false)}</td>
                </Show>
            </tr>
        }
    };
    view! {
        <section class="panel" aria-label="Figures" data-testid="backtest-figures">
            <header class="panel-head"><h2 class="panel-title">"Figures"</h2></header>
            <table class="table figures" class:stale=move || stores.backtest.is_stale()>
                <thead>
                    <tr>
                        <th scope="col" class="words"><span class="sr-only">"Figure"</span></th>
                        <th scope="col">{move || if is_split.get() { "Trading" } else { "All bars" }}</th>
                        <Show when=move || is_split.get()><th scope="col">"Formation"</th></Show>
                    </tr>
                </thead>
                <tbody>{FIGURES.map(row).into_iter().collect_view()}</tbody>
            </table>
            <p class="ctl-note">
                "Past figures, after costs as set at the left. Without a split they are of bars that parameters may have been chosen by."
            </p>
        </section>
    }
}
