//! A chart as a file.

use api_types::BarLength;
use leptos::{html, prelude::*};

use crate::{
    components::icon::{Icon, Shape},
    edge::{download, palette::Palette, plotly},
    stores::{PairStoreFields, Stores},
};

/// What the button CSV gives.
#[derive(Clone)]
pub(super) enum Csv {
    /// The server writes the whole series.
    Series,
    /// The page writes what it shows.
    Made(Callback<(), Option<Made>>),
}

/// A file that the page has written.
pub(super) struct Made {
    pub(super) text: String,
    /// Of the bars that are in it; `None`: that of the pair.
    pub(super) interval: Option<BarLength>,
}

impl From<String> for Made {
    fn from(text: String) -> Self {
        Self {
            text,
            interval: None,
        }
    }
}

/// CSV and PNG.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a component owns its properties"
)]
#[component]
pub(super) fn Actions(
    /// What the chart is called in file names.
    name: &'static str,
    /// What the chart is called on the page.
    title: Signal<String>,
    csv: Csv,
    /// The chart's element; none for what is no chart.
    #[prop(default = None)]
    node: Option<NodeRef<html::Div>>,
) -> impl IntoView {
    let stores = Stores::from_context();
    let stem = move |interval| format!("{}-{name}", stores.file_stem(interval));
    let is_empty = move || stores.pair.series().with(|series| series.first().is_none());
    let series_csv = move || {
        let (query, open) = stores.pair.key().with(|key| {
            let key = key.as_ref()?;
            // As on screen, the open bar included.
            Some((
                key.query.clone(),
                if key.choice.follows() {
                    "&open=true"
                } else {
                    ""
                },
            ))
        })?;
        Some(format!("/api/v1/pairs/analytics?{query}{open}&format=csv"))
    };
    let csv_title = move || format!("{}: the numbers as CSV", title.get());
    let csv = match csv {
        Csv::Series => view! {
            <a
                class="button icon-button"
                data-testid="csv"
                data-of=name
                download
                href=series_csv
                aria-disabled=move || series_csv().is_none().to_string()
                title=csv_title
                aria-label=csv_title
            >
                <Icon shape=Shape::Download/>
            </a>
        }
        .into_any(),
        Csv::Made(make) => {
            let save = move |_| {
                if let Some(Made { text, interval }) = make.run(()) {
                    download::save(&format!("{}.csv", stem(interval)), "text/csv", &text);
                }
            };
            view! {
                <button
                    type="button"
                    class="button icon-button"
                    data-testid="csv"
                    data-of=name
                    title=csv_title
                    aria-label=csv_title
                    disabled=is_empty
                    on:click=save
                >
                    <Icon shape=Shape::Download/>
                </button>
            }
            .into_any()
        }
    };
    let picture = node.map(|node| {
        let label = move || format!("{}: the chart as a picture", title.get());
        let save = move |_| {
            if let Some(element) = node.get_untracked() {
                // The chart says itself when it cannot be drawn.
                let _ = plotly::save_png(&element, &stem(None), &Palette::read().surface);
            }
        };
        view! {
            <button
                type="button"
                class="button icon-button"
                data-testid="png"
                data-of=name
                title=label
                aria-label=label
                disabled=is_empty
                on:click=save
            >
                <Icon shape=Shape::Picture/>
            </button>
        }
    });
    view! { <span class="actions">{csv} {picture}</span> }
}
