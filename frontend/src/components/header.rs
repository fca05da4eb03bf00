//! The top of the page.

use leptos::prelude::*;

use super::{
    badge::ModeBadge, brand::Brand, clock::Clock, tabs::Tabs, theme_toggle::ThemeToggle,
    zone_toggle::ZoneToggle,
};

/// Name, views, whether the numbers are real, clock and settings.
#[component]
pub(crate) fn Header() -> impl IntoView {
    view! {
        <header class="header">
            <Brand/>
            <Tabs/>
            <ModeBadge/>
            <div class="header-end">
                <Clock/>
                <ZoneToggle/>
                <ThemeToggle/>
            </div>
        </header>
    }
}
