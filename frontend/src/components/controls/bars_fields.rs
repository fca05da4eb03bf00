//! Which bars are analysed.

use leptos::prelude::*;

use super::{
    field_error::FieldError,
    segments::{Segment, Segments},
    select_field::SelectField,
    time_field::TimeField,
};
use crate::{
    model::{TimeRange, format, pair::Span},
    stores::{PairStoreFields, Stores},
};

/// The last bars, or those between two moments.
#[component]
pub(super) fn BarsFields() -> impl IntoView {
    let stores = Stores::from_context();
    let span = Memo::new(move |_| stores.view.with(|view| view.pair.span));
    let follows = Memo::new(move |_| span.get().follows());
    let kinds = Signal::stored(vec![
        Segment::new(true, "Last bars", "The last bars, moving along"),
        Segment::new(false, "From – to", "Bars between two moments"),
    ]);
    let choose_kind = move |follows: bool| {
        let shown = stores.screen.range.get_untracked();
        let held = stores
            .pair
            .series()
            .with_untracked(|series| series.last_closed().map(|point| point.time));
        stores.choose(|pair| {
            pair.span = match (follows, shown) {
                (true, _) => Span::default(),
                // What is on screen, as far as there are bars that will not change.
                (false, Some(shown)) => {
                    let to = held.map_or(shown.to, |last| shown.to.min(last));
                    TimeRange::new(shown.from, to).map_or(pair.span, Span::Between)
                }
                (false, None) => pair.span,
            };
        });
    };
    let counts = Memo::new(move |_| {
        let is_live = stores.view.with(|view| view.pair.is_live());
        let mut counts = Span::CHOICES.to_vec();
        counts.retain(|count| !is_live || *count <= Span::MOST_LIVE);
        if let Span::Last(count) = span.get()
            && !counts.contains(&count)
        {
            counts.push(count);
            counts.sort_unstable();
        }
        counts
            .into_iter()
            .map(|count| {
                (
                    count.to_string(),
                    format!("{} bars", format::count(i64::from(count))),
                )
            })
            .collect::<Vec<_>>()
    });
    let count = Memo::new(move |_| match span.get() {
        Span::Last(count) => count.to_string(),
        Span::Between(_) => String::new(),
    });
    let choose_count = move |text: String| {
        if let Ok(count) = text.parse() {
            stores.choose(|pair| pair.span = Span::Last(count));
        }
    };
    let end = move |of: fn(TimeRange) -> i64| {
        Signal::derive(move || match span.get() {
            Span::Between(range) => of(range),
            Span::Last(_) => 0,
        })
    };
    let choose_end = move |change: fn(TimeRange, i64) -> Option<TimeRange>| {
        Callback::new(move |time: i64| {
            if let Span::Between(range) = span.get_untracked()
                && let Some(range) = change(range, time)
            {
                stores.choose(|pair| pair.span = Span::Between(range));
            }
        })
    };
    view! {
        <fieldset class="group">
            <legend>"Range"</legend>
            <Segments
                label="Range"
                field="range"
                is_bare=true
                segments=kinds
                chosen=follows.into()
                on_choose=Callback::new(choose_kind)
            />
            {move || if follows.get() {
                view! {
                    <SelectField
                        label="Bars"
                        field="limit"
                        is_bare=true
                        hint="How many bars are analysed"
                        options=counts.into()
                        chosen=count.into()
                        on_choose=Callback::new(choose_count)
                    />
                }.into_any()
            } else {
                view! {
                    <TimeField label="From" field="startTime" value=end(|range| range.from) on_change=choose_end(|range, from| TimeRange::new(from, range.to))/>
                    <TimeField label="To" field="endTime" value=end(|range| range.to) on_change=choose_end(|range, to| TimeRange::new(range.from, to))/>
                }.into_any()
            }}
            <FieldError field="source"/>
        </fieldset>
    }
}
