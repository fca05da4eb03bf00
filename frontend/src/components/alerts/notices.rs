//! How a person is told.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    edge::notification::{self, Permission},
    stores::Stores,
};

/// Toasts on and off, and the browser's own notices, which it must be asked for.
#[component]
pub(super) fn Notices() -> impl IntoView {
    let stores = Stores::from_context();
    let settings = stores.preferences.settings;
    let permission = RwSignal::new(notification::permission());
    let turn_on = move |_| {
        spawn_local(async move {
            let answer = notification::ask().await;
            permission.set(answer);
            stores.preferences.set_notify(answer == Permission::Granted);
        });
    };
    let browser = move || {
        match permission.get() {
        Permission::Granted => view! {
            <label class="check">
                <input
                    type="checkbox"
                    data-testid="notify"
                    prop:checked=move || settings.get().notify
                    on:change=move |event| stores.preferences.set_notify(event_target_checked(&event))
                />
                "Notices of the browser, also while another window is in front"
            </label>
        }
        .into_any(),
        Permission::Open => view! {
            <p class="check">
                <button type="button" class="button" data-testid="notify-ask" on:click=turn_on>"Allow browser notices"</button>
                <span class="label">"They reach you while another window is in front."</span>
            </p>
        }
        .into_any(),
        Permission::Denied => view! { <p class="label">"Notices of the browser are blocked for this page: its site settings can allow them."</p> }.into_any(),
        Permission::Missing => view! { <p class="label">"This browser gives no notices of its own to this page."</p> }.into_any(),
    }
    };
    view! {
        <section class="panel natural" aria-labelledby="notices-title">
            <div class="toolbar"><h2 id="notices-title">"Notices"</h2></div>
            <div class="panel-body">
                <label class="check">
                    <input
                        type="checkbox"
                        data-testid="toasts-on"
                        prop:checked=move || settings.get().toasts
                        on:change=move |event| stores.preferences.set_toasts(event_target_checked(&event))
                    />
                    "Tell alerts on the page"
                </label>
                <p class="label">
                    "The pair on screen is watched without a rule: its z-score, the open bar included, is told when it passes the entry threshold that is set in the pair view, once a crossing."
                </p>
                {browser}
            </div>
        </section>
    }
}
