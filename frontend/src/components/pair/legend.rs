//! What is drawn in which colour, and the numbers under the pointer or the latest.

use leptos::prelude::*;

/// A name, its colour as a custom property of the style sheet, and its number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) name: String,
    /// As `--spread`; none for numbers that belong to the line before.
    pub(super) colour: Option<&'static str>,
    pub(super) value: String,
}

impl Entry {
    pub(super) fn line(name: impl Into<String>, colour: &'static str, value: String) -> Self {
        Self {
            name: name.into(),
            colour: Some(colour),
            value,
        }
    }

    pub(super) fn number(name: impl Into<String>, value: String) -> Self {
        Self {
            name: name.into(),
            colour: None,
            value,
        }
    }
}

/// One line above a chart.
#[component]
pub(super) fn Legend(
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
