//! A line of a table that opens what it is about: by a click anywhere on it, and by the link that it holds.

use leptos::ev::MouseEvent;

/// What the link does: as the line, but a click with a key held is the browser's, which opens another page.
pub(super) fn on_link(open: impl Fn() + 'static) -> impl Fn(MouseEvent) + 'static {
    move |event| {
        event.stop_propagation();
        if !event.ctrl_key() && !event.meta_key() && !event.shift_key() {
            event.prevent_default();
            open();
        }
    }
}
