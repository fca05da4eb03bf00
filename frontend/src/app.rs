//! The page.

use leptos::prelude::*;

use crate::{
    components::{ChartPanel, ConnectionBanner, Header, StatusLine, Tiles},
    stores::Stores,
};

/// Header, last prices, the chart, and a line on the state of it all.
#[component]
pub(crate) fn App() -> impl IntoView {
    Stores::provide();
    view! {
        <a class="skip" href="#chart">"Skip to the chart"</a>
        <Header/>
        <ConnectionBanner/>
        <main class="page">
            <Tiles/>
            <ChartPanel/>
        </main>
        <StatusLine/>
    }
}
