//! The views that there are.

use api_types::AlertState;
use leptos::{ev::MouseEvent, prelude::*};

use crate::{edge::address, model::Tab, stores::Stores};

/// One link a view; the one on screen is marked. They are real links: each can be opened in a tab of its own.
#[component]
pub(super) fn Tabs() -> impl IntoView {
    let stores = Stores::from_context();
    let shown = Memo::new(move |_| stores.view.with(|view| view.tab));
    let link = move |tab: Tab| {
        let href = move || {
            let mut view = stores.view.get();
            view.tab = tab;
            address::query_of(&view)
        };
        let on_click = move |event: MouseEvent| {
            if !event.ctrl_key() && !event.meta_key() && !event.shift_key() {
                event.prevent_default();
                stores.show_tab(tab);
            }
        };
        view! {
            <a
                class="tab"
                href=href
                data-tab=tab.word()
                aria-current=move || (shown.get() == tab).then_some("page")
                on:click=on_click
            >
                {tab.name()}
                {(tab == Tab::Alerts).then(|| view! { <Firing/> })}
            </a>
        }
    };
    view! { <nav class="tabs" aria-label="Views">{Tab::ALL.map(link)}</nav> }
}

/// How many rules fire now.
#[component]
fn Firing() -> impl IntoView {
    let alerts = Stores::from_context().alerts;
    let count = Memo::new(move |_| alerts.count(AlertState::Firing));
    view! {
        <Show when=move || count.get() != 0>
            <span class="count num" data-testid="firing">{count}<span class="sr-only">" firing"</span></span>
        </Show>
    }
}
