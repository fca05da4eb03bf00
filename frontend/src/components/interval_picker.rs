//! The length of a bar.

use api_types::Interval;
use leptos::{ev::KeyboardEvent, html, prelude::*};

use crate::stores::Stores;

/// A row of choices; the arrow keys move along it.
#[component]
pub(super) fn IntervalPicker() -> impl IntoView {
    let stores = Stores::from_context();
    let group = NodeRef::<html::Div>::new();
    let chosen = Memo::new(move |_| stores.view.with(|view| view.interval));
    let on_key = move |event: KeyboardEvent| {
        let all = Interval::ALL;
        let at = all
            .iter()
            .position(|interval| *interval == chosen.get_untracked())
            .unwrap_or_default();
        let next = match event.key().as_str() {
            "ArrowRight" | "ArrowDown" => (at + 1) % all.len(),
            "ArrowLeft" | "ArrowUp" => (at + all.len() - 1) % all.len(),
            "Home" => 0,
            "End" => all.len() - 1,
            _ => return,
        };
        event.prevent_default();
        stores.show_interval(all[next]);
        focus_child(group, next);
    };
    let choice = move |interval: Interval| {
        let is_chosen = move || chosen.get() == interval;
        view! {
            <button
                type="button"
                class="segment num"
                role="radio"
                data-interval=interval.as_str()
                aria-label=spoken(interval)
                aria-checked=move || is_chosen().to_string()
                tabindex=move || if is_chosen() { "0" } else { "-1" }
                on:click=move |_| stores.show_interval(interval)
            >
                {interval.as_str()}
            </button>
        }
    };
    view! {
        <div class="segments intervals" role="radiogroup" aria-label="Interval" node_ref=group on:keydown=on_key>
            {Interval::ALL.iter().copied().map(choice).collect_view()}
        </div>
    }
}

fn focus_child(group: NodeRef<html::Div>, index: usize) {
    use wasm_bindgen::JsCast;
    let index = u32::try_from(index).unwrap_or_default();
    let child = group
        .get_untracked()
        .and_then(|group| group.children().item(index));
    if let Some(button) = child.and_then(|child| child.dyn_into::<web_sys::HtmlElement>().ok()) {
        // Nothing depends on it but where the ring is drawn.
        let _ = button.focus();
    }
}

const fn spoken(interval: Interval) -> &'static str {
    match interval {
        Interval::S1 => "1 second",
        Interval::M1 => "1 minute",
        Interval::M5 => "5 minutes",
        Interval::M15 => "15 minutes",
        Interval::H1 => "1 hour",
        Interval::H4 => "4 hours",
        Interval::D1 => "1 day",
    }
}
