//! What was found in an upload.

use api_types::{Dataset, DatasetResponse, DatasetSeries, Delimiter, FileLayout, TimeUnit};
use leptos::prelude::*;

use super::preview::Preview;
use crate::{
    components::icon::{Icon, Shape},
    edge::{api, clock},
    model::format,
    stores::Stores,
};

/// How it was read, its series, and their first rows.
#[component]
pub(super) fn Details() -> impl IntoView {
    let stores = Stores::from_context();
    let opened = stores.uploads.opened;
    view! {
        <section class="panel scroll" aria-labelledby="details-title" data-testid="details">
            <div class="toolbar">
                <h2 id="details-title">{move || opened.get().map_or_else(|| "What is in it".to_owned(), |opened| opened.dataset.name)}</h2>
                {move || opened.get().map(|opened| view! {
                    <div class="actions">
                        <a class="button" href=api::datasets::csv(opened.dataset.id) download data-testid="details-csv" title="All rows as CSV">
                            <Icon shape=Shape::Download/>
                            <span>"CSV"</span>
                        </a>
                    </div>
                })}
            </div>
            <div class="table-box" tabindex="0" role="region" aria-label="What is in the upload">
                {move || match opened.get() {
                    None => view! {
                        <div class="empty"><p>"Choose an upload to see how it was read and what it begins with."</p></div>
                    }.into_any(),
                    Some(DatasetResponse { dataset, preview, .. }) => view! {
                        <Reading dataset=dataset.clone()/>
                        {dataset.series.into_iter().map(|series| view! { <Series series/> }).collect_view()}
                        {preview.into_iter().map(|preview| view! { <Preview preview/> }).collect_view()}
                    }.into_any(),
                }}
            </div>
        </section>
    }
}

/// What was inferred.
#[component]
fn Reading(dataset: Dataset) -> impl IntoView {
    let reading = dataset.reading;
    let layout = match reading.layout {
        FileLayout::Single => "one symbol",
        FileLayout::Long => "several symbols, named in a column",
        FileLayout::Wide => "a column of closes for each symbol",
        FileLayout::Klines => "Binance klines",
    };
    let delimiter = match reading.delimiter {
        Delimiter::Comma => "commas",
        Delimiter::Semicolon => "semicolons",
        Delimiter::Tab => "tabs",
    };
    let unit = match reading.time_unit {
        TimeUnit::Seconds => "seconds since 1970".to_owned(),
        TimeUnit::Milliseconds => "milliseconds since 1970".to_owned(),
        TimeUnit::Microseconds => "microseconds since 1970".to_owned(),
        TimeUnit::Nanoseconds => "nanoseconds since 1970".to_owned(),
        TimeUnit::Iso => "ISO 8601".to_owned(),
        TimeUnit::Format => reading.time_format.clone().unwrap_or_default(),
    };
    let list = |names: Vec<String>| {
        if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        }
    };
    let mut facts = vec![
        ("Layout", layout.to_owned()),
        (
            "Separated by",
            format!("{delimiter}{}", if reading.gzip { ", gzip" } else { "" }),
        ),
        (
            "Header",
            if reading.header { "yes" } else { "no" }.to_owned(),
        ),
        (
            "Times",
            format!(
                "column {}, {unit}{}",
                reading.time_column,
                if reading.naive_as_utc {
                    ", taken as UTC"
                } else {
                    ""
                }
            ),
        ),
        (
            "Order",
            if reading.sorted {
                "sorted here"
            } else {
                "as in the file"
            }
            .to_owned(),
        ),
        ("Not in the file", list(reading.absent)),
        ("Not read", list(reading.ignored)),
        (
            "Size",
            format!(
                "{}B, {} rows",
                format::compact(dataset.bytes as f64),
                format::count(dataset.rows)
            ),
        ),
    ];
    facts.extend(reading.notes.into_iter().map(|note| ("Note", note)));
    let rows = facts
        .into_iter()
        .map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> });
    view! { <dl class="facts">{rows.collect_view()}</dl> }
}

/// One series: from when to when, and what is missing.
#[component]
fn Series(series: DatasetSeries) -> impl IntoView {
    let stores = Stores::from_context();
    let DatasetSeries { first, last, .. } = series;
    let date = move |time: i64| clock::civil(time, stores.preferences.zone()).bar_start(60_000);
    let interval = series
        .interval
        .map_or_else(|| "one row".to_owned(), |interval| interval.to_string());
    let mut gaps = match series.gaps {
        0 => "no gap".to_owned(),
        1 => format!("1 gap, {} rows missing", format::count(series.missing)),
        gaps => format!(
            "{} gaps, {} rows missing",
            format::count(gaps),
            format::count(series.missing)
        ),
    };
    if series.irregular > 0 {
        gaps = format!(
            "{gaps}, {} irregular steps",
            format::count(series.irregular)
        );
    }
    view! {
        <p class="series">
            <strong>{series.symbol}</strong>
            <span class="num">{format!("{interval} · {} rows · {gaps}", format::count(series.rows))}</span>
            <span class="num label">{move || format!("{} to {}", date(first), date(last))}</span>
        </p>
    }
}
