//! Notices of the browser itself, outside the page.

use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Notification, NotificationOptions, NotificationPermission};

/// Whether the person lets the page show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    Granted,
    Denied,
    /// Not asked yet.
    Open,
    /// This browser has none, or not for a page that came over an unsafe way.
    Missing,
}

/// What the browser says now.
pub(crate) fn permission() -> Permission {
    let is_there =
        js_sys::Reflect::has(&window(), &JsValue::from_str("Notification")).unwrap_or(false);
    if !is_there {
        return Permission::Missing;
    }
    match Notification::permission() {
        NotificationPermission::Granted => Permission::Granted,
        NotificationPermission::Denied => Permission::Denied,
        _ => Permission::Open,
    }
}

/// Asks the person. Browsers take that only on a click.
pub(crate) async fn ask() -> Permission {
    if let Ok(promise) = Notification::request_permission() {
        // Refusing is an answer, too: it is read below.
        let _ = JsFuture::from(promise).await;
    }
    permission()
}

/// Shows a notice; `id` replaces an earlier one of the same event. A click on it brings the page to the front.
pub(crate) fn show(id: &str, title: &str, text: &str) {
    if permission() != Permission::Granted {
        return;
    }
    let options = NotificationOptions::new();
    options.set_body(text);
    options.set_tag(id);
    // Some systems allow none from a page without a service worker: then the toast has to do.
    let Ok(notice) = Notification::new_with_options(title, &options) else {
        return;
    };
    let shown = notice.clone();
    let on_click = Closure::once_into_js(move || {
        let _ = window().focus();
        shown.close();
    });
    notice.set_onclick(Some(on_click.unchecked_ref()));
}
