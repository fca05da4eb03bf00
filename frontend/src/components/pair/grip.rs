//! A chart takes keys and the wheel once it was chosen by a click; until then the wheel scrolls the page.

use leptos::{ev, html, prelude::*};
use leptos_use::{UseEventListenerOptions, use_event_listener_with_options};

/// Leaves the wheel to the page while the chart does not have the focus, unless Ctrl is held.
pub(super) fn leave_wheel_to_page(node: NodeRef<html::Div>) {
    let _ = use_event_listener_with_options(
        node,
        ev::wheel,
        move |event| {
            let is_chosen = node.get_untracked().is_some_and(|element| {
                let active = document().active_element();
                active.is_some_and(|active| element.contains(Some(&active)))
            });
            if !event.ctrl_key() && !is_chosen {
                event.stop_propagation();
            }
        },
        UseEventListenerOptions::default().capture(true),
    );
}

/// Gives the chart the focus: Plotly keeps it from going where the pointer went.
pub(super) fn choose(node: NodeRef<html::Div>) {
    if let Some(element) = node.get_untracked() {
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        // Nothing depends on it but who gets the keys.
        let _ = element.focus_with_options(&options);
    }
}
