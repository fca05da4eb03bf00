//! What is drawn in which colour, and the numbers under the pointer or the latest.

use leptos::prelude::*;

/// A name, its colour as a custom property of the style sheet, and its number.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::components) struct Entry {
    pub(in crate::components) name: String,
    /// As `--spread`; none for numbers that belong to the line before.
    pub(in crate::components) colour: Option<&'static str>,
    pub(in crate::components) value: String,
}

impl Entry {
    pub(in crate::components) fn line(
        name: impl Into<String>,
        colour: &'static str,
        value: String,
    ) -> Self {
        Self {
            name: name.into(),
            colour: Some(colour),
            value,
        }
    }

    pub(in crate::components) fn number(name: impl Into<String>, value: String) -> Self {
        Self {
            name: name.into(),
            colour: None,
            value,
        }
    }
}

/// One line above a chart.
#[component]
pub(in crate::components) fn Legend(
    /// What is there to read.
    entries: Signal<Vec<Entry>>,
) -> impl IntoView {
    let entry = |entry: Entry| {
        view! {
            <span class="legend-entry">
                {entry.colour.map(|colour| view! { <i class="swatch" style=format!("background:var({colour})") aria-hidden="true"></i> })}
                <span class="legend-name">{entry.name}</span>
                <span class="num legend-value">{entry.value}</span>
            </span>
        }
    };
    view! { <p class="legend" data-testid="legend">{move || entries.get().into_iter().map(entry).collect_view()}</p> }
}
