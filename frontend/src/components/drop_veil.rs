//! Files dropped anywhere on the page.

use leptos::{
    ev::{DragEvent, dragenter, dragleave, dragover, drop},
    prelude::*,
};
use leptos_use::{use_event_listener, use_window};
use wasm_bindgen::JsValue;

use super::icon::{Icon, Shape};
use crate::{model::Tab, stores::Stores};

/// Covers the page while files are held over it. Dropped ones are uploaded; without this the browser would leave the page for the file.
#[component]
pub(crate) fn DropVeil() -> impl IntoView {
    let stores = Stores::from_context();
    let is_over = RwSignal::new(false);
    let on_hover = move |event: DragEvent| {
        if has_files(&event) {
            event.prevent_default();
            is_over.set(true);
        }
    };
    let _ = use_event_listener(use_window(), dragenter, on_hover);
    let _ = use_event_listener(use_window(), dragover, on_hover);
    let _ = use_event_listener(use_window(), dragleave, move |event| {
        // From one element to another the page is not left.
        if event.related_target().is_none() {
            is_over.set(false);
        }
    });
    let _ = use_event_listener(use_window(), drop, move |event| {
        if !has_files(&event) {
            return;
        }
        event.prevent_default();
        is_over.set(false);
        stores.show_tab(Tab::Data);
        if let Some(files) = event.data_transfer().and_then(|dropped| dropped.files()) {
            for file in (0..files.length()).filter_map(|at| files.item(at)) {
                stores.uploads.send(stores, &file);
            }
        }
    });
    view! {
        <Show when=move || is_over.get()>
            <div class="veil" data-testid="veil">
                <p class="veil-words"><Icon shape=Shape::Upload/>"Drop one or two CSV files to upload them"</p>
            </div>
        </Show>
    }
}

/// Not a link or words that are being dragged.
fn has_files(event: &DragEvent) -> bool {
    let files = JsValue::from_str("Files");
    event
        .data_transfer()
        .is_some_and(|dragged| dragged.types().includes(&files, 0))
}
