//! The page.

use leptos::prelude::*;

use crate::{
    components::{AccessBanner, ConnectionBanner, Content, DropVeil, Header, StatusLine, Toasts},
    stores::Stores,
};

/// Header, the chosen tab, and a line on the state of it all.
#[component]
pub(crate) fn App() -> impl IntoView {
    Stores::provide();
    view! {
        <a class="skip" href="#content">"Skip to the content"</a>
        <Header/>
        <ConnectionBanner/>
        <AccessBanner/>
        <Content/>
        <StatusLine/>
        <Toasts/>
        <DropVeil/>
    }
}
