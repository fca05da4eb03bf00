//! What stands in place of a chart.

use leptos::prelude::*;

use crate::stores::{Catalogue, ChartStoreFields, FeedStoreFields, Load, Stores};

/// What there is to say instead of candles.
#[derive(Clone, PartialEq, Eq)]
enum Message {
    /// It takes a moment.
    Waiting(String),
    /// There is nothing, and why.
    Nothing { title: String, detail: String },
}

/// Loading, empty and failed, over the place of the chart.
#[component]
pub(super) fn ChartState(
    /// Why the chart cannot be drawn.
    failure: Signal<Option<String>>,
) -> impl IntoView {
    let stores = Stores::from_context();
    let message = Memo::new(move |_| message(stores, failure.get()));
    move || {
        message.get().map(|message| match message {
            Message::Waiting(text) => view! {
                <div class="state waiting" role="status" data-testid="state">
                    <span class="pulse" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i></span>
                    <p>{text}</p>
                </div>
            }
            .into_any(),
            Message::Nothing { title, detail } => view! {
                <div class="state" role="status" data-testid="state">
                    <h2>{title}</h2>
                    <p>{detail}</p>
                </div>
            }
            .into_any(),
        })
    }
}

fn message(stores: Stores, failure: Option<String>) -> Option<Message> {
    let nothing = |title: &str, detail: String| {
        Some(Message::Nothing {
            title: title.to_owned(),
            detail,
        })
    };
    if let Some(failure) = failure {
        return nothing(
            "The chart cannot be drawn",
            format!("{failure}. A reload of the page may help."),
        );
    }
    let Some(key) = stores.chart.key().get() else {
        return without_symbol(stores, nothing);
    };
    let name = format!("{} · {}", key.instrument.symbol, key.interval);
    match stores.chart.load().get() {
        Load::Failed(reason) => nothing(
            "The bars could not be read",
            format!("{name}: {reason}. It is being tried again."),
        ),
        _ if !stores
            .chart
            .series()
            .with(|series| series.rows().is_empty()) =>
        {
            None
        }
        Load::Loading => Some(Message::Waiting(format!("Reading {name}"))),
        Load::Ready => nothing(
            "No bar yet",
            format!("{name}: the first candle appears with the first trade."),
        ),
    }
}

fn without_symbol(
    stores: Stores,
    nothing: impl Fn(&str, String) -> Option<Message>,
) -> Option<Message> {
    match stores.feed.catalogue().get() {
        Catalogue::Loading => Some(Message::Waiting("Reading the symbols".to_owned())),
        Catalogue::Failed(reason) => nothing(
            "No connection",
            format!("The symbols could not be read: {reason}. It is being tried again."),
        ),
        Catalogue::Ready if stores.feed.symbols().with(Vec::is_empty) => nothing(
            "No symbol yet",
            "The feed has not started. This page goes on by itself as soon as it does.".to_owned(),
        ),
        Catalogue::Ready => {
            let name = stores
                .view
                .with(|view| view.symbol.clone())
                .unwrap_or_default();
            nothing(
                "Unknown symbol",
                format!("There is no {name} here. Choose another symbol above."),
            )
        }
    }
}
