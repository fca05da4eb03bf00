//! The document around the components.

use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};

/// Sets the colours of the whole page, scroll bars included.
pub(crate) fn set_theme(is_dark: bool) {
    mark("data-theme", if is_dark { "dark" } else { "light" });
}

/// Sets the title of the browser's tab.
pub(crate) fn set_title(title: &str) {
    document().set_title(title);
}

/// Takes away what index.html shows until the program runs.
pub(crate) fn remove_boot_screen() {
    if let Some(screen) = document().get_element_by_id("boot") {
        screen.remove();
    }
}

/// A panic is a bug: it goes to the console, and the page says that it has stopped instead of showing numbers that no longer move.
pub(crate) fn show_panics() {
    std::panic::set_hook(Box::new(|info| {
        web_sys::console::error_1(&JsValue::from_str(&info.to_string()));
        mark("data-boot", "crashed");
    }));
}

/// Marks the document for the style sheet.
fn mark(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        // The only failure is an invalid name.
        let _ = root.set_attribute(name, value);
    }
}

/// Begins anew.
pub(crate) fn reload() {
    // Refused only by sandboxes that this page does not run in.
    let _ = window().location().reload();
}

/// Whether nobody can see the page.
pub(crate) fn is_hidden() -> bool {
    document().hidden()
}

/// Whether the keyboard's focus is where letters are typed.
pub(crate) fn is_typing() -> bool {
    let active = document().active_element();
    active.is_some_and(|element| element.dyn_ref::<web_sys::HtmlInputElement>().is_some())
}
