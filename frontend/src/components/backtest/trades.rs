//! Trade by trade.

use api_types::{BacktestTrade, ExitReason, RangePart, SpreadSide};
use leptos::prelude::*;

use crate::{
    components::icon::{Icon, Shape},
    edge::clock,
    model::format,
    stores::Stores,
};

/// Rows at most: the file has all of them.
const MOST_ROWS: usize = 300;

/// The newest first; a click shows the trade on the chart.
#[component]
pub(super) fn Trades() -> impl IntoView {
    let stores = Stores::from_context();
    let found = stores.backtest.found;
    let count = Memo::new(move |_| {
        found.with(|found| {
            found
                .as_ref()
                .map_or(0, |found| found.answer.backtest.trades.len())
        })
    });
    let rows = move || {
        let trades = found.with(|found| {
            found
                .as_ref()
                .map(|found| found.answer.backtest.trades.clone())
        });
        let newest = trades.unwrap_or_default().into_iter().rev().take(MOST_ROWS);
        newest.map(|trade| view! { <Row trade/> }).collect_view()
    };
    let csv = move || {
        let query = found.with(|found| found.as_ref().map(|found| found.query.clone()));
        query.map(|query| format!("/api/v1/pairs/backtest?{query}&format=csv"))
    };
    view! {
        <section class="panel" aria-labelledby="trades-title" data-panel="trades">
            <div class="toolbar">
                <h2 id="trades-title">"Trades"</h2>
                <span class="label num" data-testid="trade-count">
                    {move || match count.get() {
                        0 => "none".to_owned(),
                        n if n > MOST_ROWS => format!("the last {MOST_ROWS} of {n}"),
                        n => n.to_string(),
                    }}
                </span>
                <div class="actions">
                    <a
                        class="button"
                        download
                        data-testid="trades-csv"
                        href=csv
                        aria-disabled=move || csv().is_none().to_string()
                        title="All trades as CSV"
                        aria-label="All trades as CSV"
                    >
                        <Icon shape=Shape::Download/>
                        <span>"CSV"</span>
                    </a>
                </div>
            </div>
            <Show when=move || count.get() != 0>
                <div class="table-box" tabindex="0" role="region" aria-label="Trades">
                    <table class="table" data-testid="trades">
                        <thead>
                            <tr>
                                <th scope="col" class="words">"Entered"</th>
                                <th scope="col" class="words">"Left"</th>
                                <th scope="col" class="words">"Spread"</th>
                                <th scope="col">"Bars"</th>
                                <th scope="col">"z"</th>
                                <th scope="col">"β"</th>
                                <th scope="col">"Gross"</th>
                                <th scope="col">"Costs"</th>
                                <th scope="col">"Net"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </Show>
        </section>
    }
}

#[component]
fn Row(trade: BacktestTrade) -> impl IntoView {
    let stores = Stores::from_context();
    let moment = move |time: i64| clock::civil(time, stores.preferences.zone()).moment();
    let side = match trade.side {
        SpreadSide::Long => "long",
        SpreadSide::Short => "short",
    };
    let why = match trade.exit_reason {
        ExitReason::Reverted => "reverted",
        ExitReason::Stopped => "stopped",
        ExitReason::TimedOut => "timed out",
        ExitReason::End => "still open",
    };
    let formation = (trade.part == Some(RangePart::Formation)).then_some(" · formation");
    let show = move |_| {
        let room = (trade.exit_time - trade.entry_time).max(1) * 3;
        stores
            .backtest
            .show(stores, trade.entry_time - room, trade.exit_time + room);
    };
    let (is_won, is_lost) = (trade.net > 0.0, trade.net <= 0.0);
    let costs = trade.fees + trade.slippage + trade.funding;
    let legs = format!(
        "{} of y at {}, {} of x at {}",
        format::signed(trade.quantity_y, 4),
        format::price(trade.entry_y, format::decimals(trade.entry_y)),
        format::signed(trade.quantity_x, 4),
        format::price(trade.entry_x, format::decimals(trade.entry_x)),
    );
    view! {
        <tr class="line" data-testid="trade" title=legs on:click=show>
            <th scope="row" class="words num">{move || moment(trade.entry_time)}</th>
            <td class="words num">{move || moment(trade.exit_time)}<span class="under">{why}{formation}</span></td>
            <td class="words">{side}</td>
            <td class="num">{trade.bars_held}</td>
            <td class="num">{format::signed(trade.entry_z, 2)}</td>
            <td class="num">{format::price(trade.beta, 4)}</td>
            <td class="num">{format::signed(trade.gross, 2)}</td>
            <td class="num">{format::price(costs, 2)}</td>
            <td class="num" class:good=is_won class:bad=is_lost>{format::signed(trade.net, 2)}</td>
        </tr>
    }
}
