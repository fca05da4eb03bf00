//! What was asked, and why there is no answer.

use leptos::prelude::*;

use crate::{
    edge::clock,
    model::format,
    stores::{BacktestLoad, Stores},
};

/// The pair, the times, when it was computed, and a button to do it again.
#[component]
pub(super) fn Head() -> impl IntoView {
    let stores = Stores::from_context();
    let backtest = stores.backtest;
    let name = move || stores.view.with(|view| view.pair.name());
    let times = move || {
        backtest.found.with(|found| {
            let found = found.as_ref()?;
            let times = &found.answer.backtest.series.time;
            let zone = stores.preferences.zone();
            let moment = |time: &i64| clock::civil(*time, zone).moment();
            let bars = format::count(times.len() as i64);
            Some(format!(
                "{} – {} · {bars} bars",
                moment(times.first()?),
                moment(times.last()?)
            ))
        })
    };
    let is_loading = Memo::new(move |_| backtest.load.with(|load| *load == BacktestLoad::Loading));
    let refusal = Memo::new(move |_| {
        backtest.load.with(|load| match load {
            BacktestLoad::Refused(problem) => Some((problem.title.clone(), problem.detail.clone())),
            BacktestLoad::Failed(reason) => Some(("No answer".to_owned(), reason.clone())),
            BacktestLoad::Loading | BacktestLoad::Ready => None,
        })
    });
    let warnings = move || {
        let found = backtest.found.get();
        let warnings = found.map(|found| found.answer.backtest.warnings.clone());
        let line = |warning: api_types::PairWarning| {
            view! { <p class="ctl-note" data-code=warning.code.as_str()>{warning.detail}</p> }
        };
        warnings
            .unwrap_or_default()
            .into_iter()
            .map(line)
            .collect_view()
    };
    view! {
        <div class="view-bar">
            <span class="view-name">{name}</span>
            <span class="view-times num" data-testid="backtest-times">{times}</span>
            <span class="view-count" role="status">{move || is_loading.get().then_some("Reading the backtest")}</span>
            <div class="actions">
                <button
                    type="button"
                    class="button"
                    data-testid="backtest-run"
                    title="Compute it again, with the bars of now"
                    disabled=move || is_loading.get()
                    on:click=move |_| backtest.ask()
                >
                    "Run again"
                </button>
            </div>
        </div>
        <Show when=move || refusal.with(Option::is_some)>
            <div class="panel">
                <div class="empty" role="alert" data-testid="backtest-refusal">
                    <h3>{move || refusal.get().map(|refusal| refusal.0)}</h3>
                    <p>{move || refusal.get().map(|refusal| refusal.1)}</p>
                </div>
            </div>
        </Show>
        {warnings}
    }
}
