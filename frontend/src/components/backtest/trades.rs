//! Trade by trade.

use api_types::{BacktestTrade, ExitReason, RangePart, SpreadSide};
use leptos::prelude::*;

use crate::{
    components::icon::{Icon, Shape},
    edge::{api, clock},
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
    let csv = move || Some(api::backtest_csv(&stores.backtest.answered()?, "trades"));
    let is_stale = move || stores.backtest.is_stale();
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
                <div class="table-box" class:stale=is_stale tabindex="0" role="region" aria-label="Trades">
                    <table class="table" data-testid="trades">
                        <thead>
                            <tr>
                                <th scope="col" class="words">"Entry"</th>
                                <th scope="col" class="words">"Exit"</th>
                                <th scope="col" class="words">"Spread"</th>
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
    let bars = if trade.bars_held == 1 { "bar" } else { "bars" };
    let held = format!("{why} · {} {bars}", trade.bars_held);
    let formation = (trade.part == Some(RangePart::Formation)).then_some(" · formation");
    let show = move |_| {
        let room = (trade.exit_time - trade.entry_time).max(1) * 3;
        let screen = stores.backtest.screen;
        screen.show(trade.entry_time - room, trade.exit_time + room);
    };
    let (is_won, is_lost) = (trade.net > 0.0, trade.net <= 0.0);
    let costs = trade.fees + trade.slippage + trade.funding;
    let leg = |quantity: f64, entry: f64, exit: f64| {
        let [entry, exit] =
            [entry, exit].map(|price| format::price(price, format::decimals(price)));
        format!("{} at {entry} to {exit}", format::signed(quantity, 4))
    };
    let legs = [
        leg(trade.quantity_y, trade.entry_y, trade.exit_y),
        leg(trade.quantity_x, trade.entry_x, trade.exit_x),
    ];
    view! {
        <tr class="line" data-testid="trade" on:click=show>
            <th scope="row" class="words num">
                <button type="button" class="link" title="Show it on the chart">{move || moment(trade.entry_time)}</button>
            </th>
            <td class="words num">{move || moment(trade.exit_time)}<span class="under">{held}{formation}</span></td>
            <td class="words">{side}{legs.map(|leg| view! { <span class="under num">{leg}</span> })}</td>
            <td class="num">{format::signed(trade.entry_z, 2)}</td>
            <td class="num">{format::price(trade.beta, 4)}</td>
            <td class="num">{format::signed(trade.gross, 2)}</td>
            <td class="num">{format::price(costs, 2)}</td>
            <td class="num" class:good=is_won class:bad=is_lost>{format::signed(trade.net, 2)}</td>
        </tr>
    }
}
