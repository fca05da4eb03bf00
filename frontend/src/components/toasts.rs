//! Notices over the page.

use leptos::{
    ev::{MouseEvent, keydown},
    prelude::*,
};
use leptos_use::{use_event_listener, use_window};

use super::icon::{Icon, Shape};
use crate::{
    edge::{address, clock, page},
    stores::{Stores, Toast},
};

/// The newest at the bottom. Escape takes the newest away.
#[component]
pub(crate) fn Toasts() -> impl IntoView {
    let stores = Stores::from_context();
    let _ = use_event_listener(use_window(), keydown, move |event| {
        let is_free = event.key() == "Escape" && !event.default_prevented() && !page::is_typing();
        if is_free && stores.toasts.dismiss_newest() {
            event.prevent_default();
        }
    });
    view! {
        <section class="toasts" aria-label="Notices">
            <For each=move || stores.toasts.shown() key=|toast| toast.id.clone() let(toast)>
                <Notice toast/>
            </For>
        </section>
    }
}

/// What has happened, when, and a way to look at it.
#[component]
fn Notice(toast: Toast) -> impl IntoView {
    let stores = Stores::from_context();
    let Toast {
        id,
        title,
        text,
        time,
        view,
    } = toast;
    let time = move || clock::civil(time, stores.preferences.zone()).clock();
    let link = view.map(|view| {
        let href = address::query_of(&view);
        let on_click = move |event: MouseEvent| {
            if !event.ctrl_key() && !event.meta_key() && !event.shift_key() {
                event.prevent_default();
                stores.view.set((*view).clone());
            }
        };
        view! { <a href=href on:click=on_click>"Show the pair"</a> }
    });
    view! {
        <div class="toast" role="alert" data-testid="toast">
            <p class="toast-title"><strong>{title}</strong><span class="label num">{time}</span></p>
            <p>{text}</p>
            {link}
            <button
                type="button"
                class="button icon-button plain"
                title="Dismiss (Escape)"
                aria-label="Dismiss"
                data-testid="toast-dismiss"
                on:click=move |_| stores.toasts.dismiss(&id)
            >
                <Icon shape=Shape::Cross/>
            </button>
        </div>
    }
}
