//! The combinations of a sweep in colours.

use api_types::SweepResult;
use leptos::prelude::*;

use crate::{
    components::icon::{Icon, Shape},
    edge::{clock, download},
    model::{format, link, scan, sweep},
    stores::Stores,
};

/// A table for each exit: windows down, entries across, coloured by the Sharpe ratio of the formation part.
#[component]
pub(super) fn Grid(
    /// What came of it.
    result: SweepResult,
) -> impl IntoView {
    let stores = Stores::from_context();
    let told = chosen(&result);
    let of = of(&result, stores);
    let exits = sweep::distinct(result.cells.exit.iter().copied());
    let most = sweep::largest(&result.cells.formation_sharpe);
    let result = StoredValue::new(result);
    let save = move |_| {
        let name = format!("{}-sweep.csv", stores.file_stem(None));
        result.with_value(|result| {
            download::save(&name, "text/csv", &sweep::csv(&result.cells));
        });
    };
    let tables = exits
        .into_iter()
        .map(|exit| view! { <OfExit result most exit/> });
    view! {
        <div class="sweep-result">
            <p class="label num" data-testid="sweep-of">{of}</p>
            <p data-testid="sweep-chosen">{told}</p>
            <div class="sweep-tables">{tables.collect_view()}</div>
            <p class="ctl-note">
                "Sharpe ratios of the formation part. A click takes a combination over. The more are tried, the better the best one looks by chance: \
                 what counts is the trading part of the chosen one, and whether its neighbours resemble it."
            </p>
            <button type="button" class="button" data-testid="sweep-csv" title="All combinations as CSV" on:click=save>
                <Icon shape=Shape::Download/>
                <span>"CSV"</span>
            </button>
        </div>
    }
}

#[component]
fn OfExit(
    result: StoredValue<SweepResult>,
    /// The greatest magnitude of all, to measure colours by.
    most: f64,
    exit: f64,
) -> impl IntoView {
    let (windows, entries) = result.with_value(|result| {
        let windows = result.cells.window.iter().map(|window| f64::from(*window));
        let entries = result.cells.entry.iter().copied();
        (sweep::distinct(windows), sweep::distinct(entries))
    });
    let heads = entries
        .iter()
        .map(|entry| view! { <th scope="col" class="num">{entry.to_string()}</th> });
    let heads = heads.collect_view();
    let rows = windows.into_iter().map(|window| {
        let window = window as u32;
        let cells = entries
            .iter()
            .map(|entry| view! { <Cell result most window entry=*entry exit/> });
        view! {
            <tr>
                <th scope="row" class="num">{window}</th>
                {cells.collect_view()}
            </tr>
        }
    });
    view! {
        <table class="table sweep">
            <caption>{format!("Exit {exit}: windows down, entries across")}</caption>
            <thead>
                <tr>
                    <th scope="col"><span class="sr-only">"Window"</span></th>
                    {heads}
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
}

/// Nothing where the combination makes no sense.
#[component]
fn Cell(
    result: StoredValue<SweepResult>,
    /// As above.
    most: f64,
    window: u32,
    entry: f64,
    exit: f64,
) -> impl IntoView {
    let stores = Stores::from_context();
    // As it was swept, whatever is on screen by now, and with its formation part left out of the figures.
    let take = move |_| {
        let mut taken = result.with_value(|result| {
            let mut taken = link::pair_view(&result.params);
            taken.backtest.funding_bps_8h = result.params.y_funding_bps_8h;
            taken
        });
        let pair = &mut taken.pair;
        (pair.window, pair.entry, pair.exit) = (window, entry, exit);
        stores.view.update(|view| {
            (view.pair, view.backtest) = (taken.pair, taken.backtest);
            (view.zoom, view.cloud) = (None, None);
        });
    };
    let content = result.with_value(|result| {
        let cells = &result.cells;
        let row = sweep::find(cells, window, entry, exit)?;
        let sharpe = cells.formation_sharpe[row];
        let meaning = format!(
            "Window {window}, entry {entry}, exit {exit}: formation {} in {} trades, trading {} in {}",
            ratio(sharpe, 2),
            cells.formation_trades[row],
            ratio(cells.trading_sharpe[row], 2),
            cells.trading_trades[row]
        );
        let is_chosen = result.chosen == u32::try_from(row).ok();
        Some((ratio(sharpe, 1), sharpe.map(|sharpe| sweep::colour(sharpe, most)), meaning, is_chosen))
    });
    content.map_or_else(
        || view! { <td></td> }.into_any(),
        |(words, style, meaning, is_chosen)| {
            view! {
                <td class="num" class:chosen=is_chosen style=style>
                    <button type="button" data-testid="sweep-cell" title=meaning.clone() aria-label=meaning on:click=take>{words}</button>
                </td>
            }
            .into_any()
        },
    )
}

fn ratio(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(
        || format::UNKNOWN.to_owned(),
        |value| format::signed(value, decimals),
    )
}

/// Of what the combinations are.
fn of(result: &SweepResult, stores: Stores) -> String {
    let pair = &result.params.pair;
    let [y, x] = [(&pair.y, &pair.y_source), (&pair.x, &pair.x_source)]
        .map(|(name, source)| scan::short(name, source));
    let zone = stores.preferences.zone();
    let [from, split, to] = [result.from_time, result.split_time, result.to_time]
        .map(|time| clock::civil(time, zone).moment());
    format!(
        "{y} / {x} · {} · {} · formation {from} – {split}, trading – {to}",
        pair.interval, pair.model
    )
}

/// The choice, and what counts of it.
fn chosen(result: &SweepResult) -> String {
    let cells = &result.cells;
    let Some(row) = result.chosen.map(|row| row as usize) else {
        return "No combination traded in the formation part.".to_owned();
    };
    format!(
        "Chosen of {} by the formation part: window {}, entry {}, exit {}. Its trading part: Sharpe {}, return {} %, {} trades.",
        cells.window.len(),
        cells.window[row],
        cells.entry[row],
        cells.exit[row],
        ratio(cells.trading_sharpe[row], 2),
        format::signed(100.0 * cells.trading_return[row], 2),
        cells.trading_trades[row],
    )
}
