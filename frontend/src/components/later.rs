//! The place of a view that this version does not have yet.

use leptos::prelude::*;

use crate::model::Tab;

/// Says so.
#[component]
pub(super) fn Later(
    /// Which view.
    tab: Tab,
) -> impl IntoView {
    view! {
        <section class="panel scroll" aria-label=tab.name()>
            <div class="empty" data-testid="later">
                <h3>{tab.name()}</h3>
                <p>"This version of Spreadscope does not have this view yet."</p>
            </div>
        </section>
    }
}
