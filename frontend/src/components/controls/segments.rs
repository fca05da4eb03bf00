//! A row of choices; the arrow keys move along it.

use leptos::{ev::KeyboardEvent, html, prelude::*};
use wasm_bindgen::JsCast;

/// One of a row: its value, the word on it, and what it means.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Segment<T> {
    pub(super) value: T,
    pub(super) word: String,
    pub(super) meaning: String,
}

impl<T> Segment<T> {
    pub(super) fn new(value: T, word: impl Into<String>, meaning: impl Into<String>) -> Self {
        Self {
            value,
            word: word.into(),
            meaning: meaning.into(),
        }
    }
}

/// After the radio group pattern of the ARIA authoring practices.
#[component]
pub(super) fn Segments<T>(
    label: &'static str,
    /// Name for tests.
    field: &'static str,
    segments: Signal<Vec<Segment<T>>>,
    chosen: Signal<T>,
    on_choose: Callback<T>,
    /// Whether the name is only for those who do not see the choices.
    #[prop(optional)]
    is_bare: bool,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    let group = NodeRef::<html::Div>::new();
    let on_key = move |event: KeyboardEvent| {
        let all = segments.get_untracked();
        let now = chosen.get_untracked();
        let at = all
            .iter()
            .position(|segment| segment.value == now)
            .unwrap_or_default();
        let next = match event.key().as_str() {
            "ArrowRight" | "ArrowDown" => (at + 1) % all.len().max(1),
            "ArrowLeft" | "ArrowUp" => (at + all.len() - 1) % all.len().max(1),
            "Home" => 0,
            "End" => all.len() - 1,
            _ => return,
        };
        event.prevent_default();
        if let Some(segment) = all.get(next) {
            on_choose.run(segment.value.clone());
            focus_child(group, next);
        }
    };
    let choice = move |segment: Segment<T>| {
        let Segment {
            value,
            word,
            meaning,
        } = segment;
        let face = word.clone();
        let of = value.clone();
        let is_chosen = Memo::new(move |_| chosen.get() == of);
        view! {
            <button
                type="button"
                class="segment num"
                role="radio"
                data-value=word
                title=meaning.clone()
                aria-label=meaning
                aria-checked=move || is_chosen.get().to_string()
                tabindex=move || if is_chosen.get() { "0" } else { "-1" }
                on:click=move |_| on_choose.run(value.clone())
            >
                {face}
            </button>
        }
    };
    view! {
        <div class="ctl">
            <span class="ctl-name" class:sr-only=is_bare aria-hidden="true">{label}</span>
            <div class="segments" role="radiogroup" aria-label=label data-field=field node_ref=group on:keydown=on_key>
                {move || segments.get().into_iter().map(choice).collect_view()}
            </div>
        </div>
    }
}

fn focus_child(group: NodeRef<html::Div>, index: usize) {
    let index = u32::try_from(index).unwrap_or_default();
    let child = group
        .get_untracked()
        .and_then(|group| group.children().item(index));
    if let Some(button) = child.and_then(|child| child.dyn_into::<web_sys::HtmlElement>().ok()) {
        // Nothing depends on it but where the ring is drawn.
        let _ = button.focus();
    }
}
