//! What the chosen tab shows.

use leptos::prelude::*;

use super::{
    alerts::Alerts, backtest::BacktestTab, data::Data, pair::PairTab, radar::Radar,
    scanner::Scanner, watchlist::Watchlist,
};
use crate::{model::Tab, stores::Stores};

/// One tab at a time: what is not on screen costs nothing.
#[component]
pub(crate) fn Content() -> impl IntoView {
    let stores = Stores::from_context();
    let tab = Memo::new(move |_| stores.view.with(|view| view.tab));
    view! {
        <main class="page" id="content" tabindex="-1" data-testid="content">
            {move || match tab.get() {
                Tab::Pair => view! { <PairTab/> }.into_any(),
                Tab::Watchlist => view! { <Watchlist/> }.into_any(),
                Tab::Scanner => view! { <Scanner/> }.into_any(),
                Tab::Radar => view! { <Radar/> }.into_any(),
                Tab::Backtest => view! { <BacktestTab/> }.into_any(),
                Tab::Alerts => view! { <Alerts/> }.into_any(),
                Tab::Data => view! { <Data/> }.into_any(),
            }}
        </main>
    }
}
