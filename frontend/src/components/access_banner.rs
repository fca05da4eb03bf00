//! A server that wants its token.

use api_types::TokenFor;
use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};

use super::form::{Complaint, Field};
use crate::edge::{api, page};

/// Asks for it, once it is known that it is needed. With it the page begins anew.
#[component]
pub(crate) fn AccessBanner() -> impl IntoView {
    let needed = RwSignal::new(TokenFor::Nothing);
    let token = RwSignal::new(String::new());
    let refusal = RwSignal::new(None::<String>);
    spawn_local(async move {
        // A server that cannot be asked cannot be told, either; other parts of the page say that it is away.
        if let Ok(session) = api::session::read().await
            && !session.authenticated
        {
            needed.set(session.token_for);
        }
    });
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        spawn_local(async move {
            match api::session::open(token.get_untracked()).await {
                Ok(_) => page::reload(),
                Err(error) => refusal.set(Some(error.to_string())),
            }
        });
    };
    let why = move || match needed.get() {
        TokenFor::Everything => "This server shows nothing without its token.",
        TokenFor::Writes | TokenFor::Nothing => {
            "To change anything here, this server wants its token."
        }
    };
    view! {
        <Show when=move || needed.get() != TokenFor::Nothing>
            <form class="access" aria-label="Token of the server" data-testid="access" on:submit=on_submit>
                <p>{why}</p>
                <Field label="Token" name="token" value=token kind="password" wide=true/>
                <button type="submit" class="button primary">"Use it"</button>
                <Complaint text=refusal/>
            </form>
        </Show>
    }
}
