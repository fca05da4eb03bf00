//! The tab.

use leptos::prelude::*;

use super::{details::Details, drop::DropZone, job::Jobs, list::Datasets};
use crate::stores::Stores;

/// Files on their way and what is there on one side, what was found in a file on the other.
#[component]
pub(in crate::components) fn Data() -> impl IntoView {
    let stores = Stores::from_context();
    stores.uploads.read(stores);
    view! {
        <div class="columns">
            <div class="column">
                <DropZone/>
                <Jobs/>
                <Datasets/>
            </div>
            <Details/>
        </div>
    }
}
