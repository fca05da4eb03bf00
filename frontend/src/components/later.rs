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
        <section class="panel" aria-label=tab.name()>
            <div class="state" data-testid="later">
                <h2>{tab.name()}</h2>
                <p>"This version of Spreadscope does not have this view yet."</p>
            </div>
        </section>
    }
}
