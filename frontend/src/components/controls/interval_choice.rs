//! The length of a bar.

use api_types::{BarLength, Interval};
use leptos::prelude::*;

use super::{
    field_error::FieldError,
    segments::{Segment, Segments},
};
use crate::{
    model::{PairChoice, format},
    stores::{Stores, own_interval},
};

/// Multiples of an upload's own interval to choose from.
const MULTIPLES: [i64; 6] = [1, 2, 5, 15, 60, 240];

/// The feed's intervals, or an upload's own and multiples of it.
#[component]
pub(super) fn IntervalChoice() -> impl IntoView {
    let stores = Stores::from_context();
    let chosen = Memo::new(move |_| stores.view.with(|view| view.pair.interval));
    let segments = Memo::new(move |_| {
        let pair = stores.view.with(|view| view.pair.clone());
        lengths(stores, &pair)
            .into_iter()
            .map(|length| Segment::new(length, length.to_string(), spoken(length)))
            .collect::<Vec<_>>()
    });
    view! {
        <Segments
            label="Interval"
            field="interval"
            segments=segments.into()
            chosen=chosen.into()
            on_choose=Callback::new(move |interval| stores.choose(|pair| pair.interval = interval))
        />
        <FieldError field="interval"/>
    }
}

fn lengths(stores: Stores, pair: &PairChoice) -> Vec<BarLength> {
    if pair.has_live() {
        return Interval::ALL.iter().copied().map(BarLength::from).collect();
    }
    let base = stores
        .datasets
        .with(|datasets| own_interval(pair, datasets));
    let mut lengths: Vec<_> = base
        .into_iter()
        .flat_map(|base| MULTIPLES.map(|times| BarLength::from_ms(base.ms().checked_mul(times)?)))
        .flatten()
        .collect();
    if !lengths.is_empty()
        && !lengths.contains(&pair.interval)
        && base.is_some_and(|base| pair.interval.is_multiple_of(base))
    {
        lengths.push(pair.interval);
        lengths.sort_unstable();
    }
    if lengths.is_empty() {
        lengths.push(pair.interval);
    }
    lengths
}

fn spoken(length: BarLength) -> String {
    length.as_interval().map_or_else(
        || format!("Bars of {}", format::span(length.ms())),
        |interval| {
            match interval {
                Interval::S1 => "1 second",
                Interval::M1 => "1 minute",
                Interval::M5 => "5 minutes",
                Interval::M15 => "15 minutes",
                Interval::H1 => "1 hour",
                Interval::H4 => "4 hours",
                Interval::D1 => "1 day",
            }
            .to_owned()
        },
    )
}
