//! The tab.

use leptos::prelude::*;

use super::{draft::Draft, editor::Editor, history::History, notices::Notices, rules::Rules};

/// Rules and history side by side where there is room.
#[component]
pub(in crate::components) fn Alerts() -> impl IntoView {
    let draft = RwSignal::new(None::<Draft>);
    view! {
        <div class="columns">
            <div class="column">
                <Show when=move || draft.with(Option::is_some)>
                    {move || draft.get().map(|given| view! { <Editor given close=Callback::new(move |()| draft.set(None))/> })}
                </Show>
                <Rules draft/>
                <Notices/>
            </div>
            <History/>
        </div>
    }
}
