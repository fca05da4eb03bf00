//! One leg: where it comes from, and which series it is.

use leptos::prelude::*;

use super::{field_error::FieldError, select_field::SelectField, series_picker::SeriesPicker};
use crate::{
    components::pair::Side,
    model::{Leg, PairChoice, Source},
    stores::Stores,
};

/// Source above, name below.
#[component]
pub(super) fn LegPicker(side: Side) -> impl IntoView {
    let stores = Stores::from_context();
    let source = Memo::new(move |_| {
        stores
            .view
            .with(|view| view.pair.legs()[side.index()].source)
    });
    let name = Memo::new(move |_| source.get().to_string());
    let sources = Memo::new(move |_| {
        let mut sources = vec![(Source::Live.to_string(), "Live".to_owned())];
        stores.datasets.with(|datasets| {
            sources.extend(datasets.iter().map(|dataset| {
                (
                    Source::Dataset(dataset.id).to_string(),
                    dataset.name.clone(),
                )
            }));
        });
        let now = name.get();
        if !sources.iter().any(|(value, _)| *value == now) {
            sources.push((now.clone(), now));
        }
        sources
    });
    let choose = move |text: String| {
        if let Ok(source) = text.parse() {
            stores.choose(|pair| choose_source(pair, side, source));
        }
    };
    let (label, field, source_field, swatch) = match side {
        Side::Y => ("Source of y", "y", "ySource", "background:var(--y)"),
        Side::X => ("Source of x", "x", "xSource", "background:var(--x)"),
    };
    view! {
        <div class="leg">
            <span class="leg-mark" aria-hidden="true"><i class="swatch" style=swatch></i>{side.word()}</span>
            <SeriesPicker side/>
            <SelectField
                label
                field=source_field
                is_bare=true
                hint="The feed, or an uploaded file"
                options=sources.into()
                chosen=name.into()
                on_choose=Callback::new(choose)
            />
            <FieldError field/>
        </div>
    }
}

/// Another source has other names. Where the other leg has none of its own yet, it follows: most pairs are of one source.
fn choose_source(pair: &mut PairChoice, side: Side, source: Source) {
    let [leg, other] = match side {
        Side::Y => [&mut pair.y, &mut pair.x],
        Side::X => [&mut pair.x, &mut pair.y],
    };
    let was = leg.source;
    *leg = Leg::new(source, String::new());
    if other.source == was && was.is_live() && !source.is_live() {
        *other = Leg::new(source, String::new());
    }
}
