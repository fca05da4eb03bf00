//! A chart with its name, its numbers and its files.

use leptos::{html, prelude::*};

use super::{
    actions::{Actions, Csv},
    legend::{Entry, Legend},
    plot::{Draw, Plot, Stage},
};
use crate::stores::Stores;

/// The frame that all charts over time share.
#[component]
pub(super) fn Panel(
    /// Name in the page and in file names, unique.
    name: &'static str,
    /// Name for readers.
    #[prop(into)]
    title: Signal<String>,
    /// What it shows, for those who do not see it.
    label: &'static str,
    entries: Signal<Vec<Entry>>,
    csv: Csv,
    draw: Draw,
    track: Box<dyn Fn()>,
    /// Whether what is drawn is there whatever becomes of the analysis.
    #[prop(optional, into)]
    stands_alone: Signal<bool>,
    /// Marks the panel for the style sheet.
    #[prop(optional)]
    class: &'static str,
) -> impl IntoView {
    let stage = Stage::of_pair(Stores::from_context());
    let node = NodeRef::<html::Div>::new();
    view! {
        <section class=format!("panel {class}") aria-label=move || title.get() data-panel=name>
            <header class="panel-head">
                <h2 class="panel-title">{move || title.get()}</h2>
                <Legend entries/>
                <Actions name title csv node=Some(node)/>
            </header>
            <Plot stage id=name label node draw track stands_alone/>
        </section>
    }
}
